"""Pages of the codec clinic: a check or a diagnosis with its figures and players, in HTML.

One way for both: ``page`` is the frame of a page that needs no network, ``elements`` are its parts,
``players`` and ``excerpts`` the sound in it; ``check_page`` and ``diagnosis_page`` say what stands
where, once for a page and once, shorter, for a notebook.
"""
