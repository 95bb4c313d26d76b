"""Finished outputs into MySQL and MariaDB.

target.py     which database: the URL, who logs in, TLS
session.py    a connection, and what its errors mean
source.py     the rows of an output, whatever its format, as CSV
ordering.py   the same in the order of the primary key
filling.py    rows into a table: LOAD DATA through a pipe, or INSERT where the server forbids that
staging.py    tables beside the course, and the swap
load.py       the plan
"""
