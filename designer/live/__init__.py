"""The live document: a Yjs document a network, edited by browsers, REST and other processes.

protocol     frames of the y-websocket protocol, and ours
inspection   refuses an update that could harm the document's library
awareness    who is here (cursors, drags): passing, never stored
document     the server's replica with a plain Graph kept beside it
room         one open document: frames in, messages and analysis out, without any input or output
journal      the rows: state, updates, compaction
rooms        the open rooms of this process: delivery, saving, news from other processes
consumers    the websocket
"""
