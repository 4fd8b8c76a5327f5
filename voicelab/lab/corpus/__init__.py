"""Many files at a time: every core of this machine, or a Dask cluster, makes one table.

``corpus`` has the two verbs, ``run`` is what they share. ``folder``, ``listing`` and ``item`` say
which files, ``row`` is the work on one, ``dispatch`` hands them to a pool and keeps the rows in
order; ``process_pool`` has processes of its own (``worker`` is what runs in each), ``dask_pool``
the client of a cluster.
"""
