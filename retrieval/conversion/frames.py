"""How a file and its answer travel between the reading process and its owner."""

import struct

HEAD = struct.Struct(">II")  # of a request: bytes of JSON, bytes of the file, which follow in this order
ANSWER = struct.Struct(">I")  # of an answer: bytes of JSON
