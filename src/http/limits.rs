use std::time::Duration;

/// The largest request body; one byte more is refused with 413 (us-east-1, by dynalite's captures).
pub(super) const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The largest head of a request, a line and a terminator counted for each header. It is ours: what AWS accepts was seen nowhere.
/// The headers of a signed request with a session token come to some 3 KiB.
pub(super) const HEAD_BYTES_MAX: usize = 32 * 1024;

/// How much clients may take of the server, and for how long they may keep it waiting.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections open at once. Beyond it a new one takes the place of the longest idle one, or waits.
    pub connections_max: usize,
    /// Memory for request bodies that are being received or worked on; a body waits until there is room for it.
    pub bodies_bytes_max: usize,
    /// From the first byte of a request to the end of its headers.
    pub head_time_max: Duration,
    /// From the end of the headers to the end of the body.
    pub body_time_max: Duration,
    /// For the client to take some of the answer.
    pub write_time_max: Duration,
    /// Between requests.
    pub idle_time_max: Duration,
    /// For requests that are under way when the server is asked to stop.
    pub stop_time_max: Duration,
}

impl Limits {
    /// Room for one body of the largest size, or it would wait for ever.
    pub const BODIES_BYTES_MIN: usize = REQUEST_BYTES_MAX;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 1_000,
            bodies_bytes_max: 128 * 1024 * 1024,
            head_time_max: Duration::from_secs(10),
            body_time_max: Duration::from_secs(60),
            write_time_max: Duration::from_secs(60),
            // Longer than the pools of the SDKs keep a connection (Java v2: 60 s), so that the client closes first.
            idle_time_max: Duration::from_secs(180),
            stop_time_max: Duration::from_secs(5),
        }
    }
}
