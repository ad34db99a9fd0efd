//! Calls of callers that write files on their own threads besides the log. Closing waits for them: the folder may belong to another process
//! afterwards.

use crate::Error;
use crate::sync::{Condvar, Mutex};

/// Counts the calls that are under way.
pub(crate) struct Visits {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    count: usize,
    is_over: bool,
}

/// A call that is under way, until it is dropped.
pub(crate) struct Visit<'a>(&'a Visits);

impl Visits {
    pub(crate) fn new() -> Self {
        Visits { state: Mutex::default(), ended: Condvar::new() }
    }

    /// Begins a call, unless the engine is being closed.
    pub(crate) fn begin(&self) -> Result<Visit<'_>, Error> {
        let mut state = self.state.lock();
        if state.is_over {
            return Err(Error::Closed);
        }
        state.count += 1;
        Ok(Visit(self))
    }

    /// Lets no further call begin, and waits for those that are under way.
    pub(crate) fn end(&self) {
        let mut state = self.state.lock();
        state.is_over = true;
        while state.count > 0 {
            self.ended.wait(&mut state);
        }
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        self.0.state.lock().count -= 1;
        self.0.ended.notify_all();
    }
}
