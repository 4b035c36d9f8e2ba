//! Every state machine that threads race on, in tokens, knowing no element type.
