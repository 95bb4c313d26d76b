"""A scan that many machines share. What they have in common is a folder; nothing here needs an engine but dask.py.

plan.py       the pieces of a scan, as a JSON file
piece.py      one piece, scanned into shard folders below a work folder
afar.py       the same in an object store
merge.py      all pieces into the tables
dask.py       the pieces as tasks of a Dask cluster (extra `cluster`); backends.py starts one
"""
