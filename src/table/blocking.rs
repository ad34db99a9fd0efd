//! Work that may block its thread: a write that the engine holds up, or a wait for the disk that cannot be awaited.
//!
//! Requests are answered on as many threads as the machine has processors. If writes block those, reads, health checks and
//! new connections wait with them, although nothing is in their way.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Does the work; what else the thread was to answer is handed to another meanwhile. That costs a few microseconds, so it is
/// for what is likely to block.
pub(super) fn blocking<R>(work: impl FnOnce() -> R) -> R {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        // A thread of the server's own, or a caller in the same process that has only one.
        _ => work(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_blocks_every_thread_blocks_no_other_request() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("threads");
        let (releases, blocked): (Vec<_>, Vec<_>) = (0..4)
            .map(|_| {
                let (release, released) = mpsc::channel::<()>();
                (release, runtime.spawn(async move { blocking(|| released.recv().is_ok()) }))
            })
            .unzip();
        let (answer, answered) = mpsc::channel();
        runtime.spawn(async move { answer.send(()).is_ok() });
        assert!(answered.recv_timeout(Duration::from_secs(20)).is_ok());
        releases.into_iter().for_each(|release| release.send(()).expect("a waiting task"));
        for task in blocked {
            assert!(runtime.block_on(task).expect("no panic"));
        }
    }

    #[test]
    fn without_threads_to_hand_over_to_it_is_simply_done() {
        assert_eq!(blocking(|| 1), 1);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        assert_eq!(runtime.block_on(async { blocking(|| 2) }), 2);
    }
}
