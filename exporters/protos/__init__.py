"""Our own protobuf schemas (``*.proto``) and what protoc makes of them (``*_pb2.py``)."""
