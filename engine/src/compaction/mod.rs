//! Compaction: merging SSTs of a stripe into fewer, without what nobody can see any more.

mod retained;
mod strategy;
mod worker;

pub(crate) use retained::{Horizon, Retained};
pub(crate) use strategy::{Run, choose, choose_when_idle};
pub(crate) use worker::{Occasion, compact, runs_of};
