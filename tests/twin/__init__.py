"""The twin: a slow, literate translator of tracking logs, written from docs/reference/rules.md.

It is the oracle of the test suite. It shares only the declarations (`moocdb_fast.events`, `moocdb_fast.schema`) and the
ua-parser library with the package; every rule is written a second time here, as plainly as possible. Read the modules in this order:

    lines       bytes to lines                            rules 1
    strictjson  RFC 8259, nothing more                    rules 2
    repair      a broken line to documents                rules 2
    times       text and epochs to microseconds           rules 4
    addresses   page addresses, levels, panels            rules 5
    courses     course ids                                rules 6
    modules     module ids                                rules 7
    requests    request paths                             rules 5 and 10
    names       named types                               rules 5 and 12
    payload     the `event` member                        rules 8
    clicks      readings of the player                    rules 8
    parts       part keys, answers, marks                 rules 9
    whole       modules that are submitted at once        rules 9
    posts       forum posts, votes, wiki edits            rules 9a
    answers     polls, surveys, rubrics                   rules 9a
    marks       marks for what others submitted           rules 9a
    facts       what is told of users                     rules 9a and 12
    envelope    a document to an event                    rules 3
    scan        all of the above over files, and fates    rules 1, 2 and 10
    placing     courses for events that name none         rules 6
    sessions    users, locations, durations, echoes       rules 3 and 11
    agents      browser and system names                  rules 12
    resources   the tree of pages and modules             rules 12
    problems    the tree of problems and parts            rules 12
    people      users                                     rules 12
    assessments    to which submission a mark belongs     rules 12
    collaborations which post a post is about             rules 12
    feedbacks   surveys, questions, answers               rules 12
    standing    the payload as it stands on the line      rules 12
    tables      rows                                      rules 12
    csvtext     rows to bytes                             rules 13
    translate   the whole
"""
