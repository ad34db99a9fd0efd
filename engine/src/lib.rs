//! Placeholder-free: modules follow.
