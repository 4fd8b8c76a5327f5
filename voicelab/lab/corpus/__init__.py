"""Many files at a time: every core of this machine, or a Dask cluster, makes one table.

``item`` says which file, ``row`` is the work on one, ``dispatch`` hands the files to a pool and
keeps the rows in order; ``process_pool`` has processes of its own (``worker`` is what runs in
each), ``dask_pool`` a client of a cluster.
"""

from __future__ import annotations

from voicelab.lab.corpus.corpus import check_corpus, diagnose_corpus

__all__ = ["check_corpus", "diagnose_corpus"]
