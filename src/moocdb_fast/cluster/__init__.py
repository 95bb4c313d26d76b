"""A scan that many machines share. What they have in common is a folder; nothing here needs an engine but dask.py.

plan.py       the pieces of a scan, as a JSON file
piece.py      one piece, scanned into shard folders below a work folder
afar.py       the same in an object store
planned.py    finished pieces as the source of a run
part.py       a share of what a merge resolves, by another machine
merge.py      all pieces into the tables
dask.py       the pieces as tasks of a Dask cluster (extra `cluster`); backends.py starts one, whose workers here are
              copies of a process that has imported forked.py
"""
