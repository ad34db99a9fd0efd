//! Whole items on their way into a table: keys, index keys, vectors and the 400 KB limit.
