//! What the machine can do at best: reads a request whole and answers a fixed body. `bench-floor PORT BODY_BYTES`.

use std::process::ExitCode;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).map(|argument| argument.parse::<usize>()).collect();
    let [Ok(port), Ok(body_bytes)] = arguments[..] else {
        eprintln!("usage: bench-floor PORT BODY_BYTES");
        return ExitCode::from(2);
    };
    match serve(port, body_bytes) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-floor: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(port: usize, body_bytes: usize) -> std::io::Result<()> {
    let port = u16::try_from(port).map_err(std::io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_io().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        println!("listening on {}", listener.local_addr()?);
        let body = Bytes::from(vec![b'x'; body_bytes]);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let body = body.clone();
            let service = service_fn(move |request| answer(request, body.clone()));
            // A connection that breaks is its client's business.
            tokio::spawn(
                async move { http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.ok() },
            );
        }
    })
}

async fn answer(request: Request<Incoming>, body: Bytes) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let _read = request.into_body().collect().await?.to_bytes();
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
    Ok(response)
}
