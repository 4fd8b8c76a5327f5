"""Wire text to frozen typed messages and back, one module or package a protocol.

Each offers ``parse``, which is tolerant and never raises, and ``build``, which is strict and raises
:class:`~voicelab.errors.ProtocolError`. Nothing here opens a socket, reads a clock or touches audio
samples: a payload is bytes.
"""
