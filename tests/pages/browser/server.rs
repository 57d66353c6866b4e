//! A tiny web server on this machine, for what a page may do only with one.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Serves the files of a folder until it is dropped.
pub struct Server {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn of(folder: &Path) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let ended = Arc::new(AtomicBool::new(false));
        let thread = {
            let (ended, folder) = (Arc::clone(&ended), folder.to_owned());
            thread::spawn(move || {
                for stream in listener.incoming() {
                    if ended.load(Ordering::Relaxed) {
                        break;
                    }
                    let folder = folder.clone();
                    // A browser opens connections that it then keeps for later: they must not keep the others waiting.
                    thread::spawn(move || stream.and_then(|stream| answer(stream, &folder)));
                }
            })
        };
        Self { address, ended, thread: Some(thread) }
    }

    /// The address of a file of the folder, which may have a query or a fragment.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // It wakes up to see that it has ended.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let Some(first) = lines.next().transpose()? else { return Ok(()) };
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let target = first.split(' ').nth(1).unwrap_or("/");
    let path = target.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/');
    let file = match path {
        "" => Some(folder.join("index.html")),
        path => below(folder, path),
    };
    let (status, mime, content) = match file.and_then(|file| Some((mime(&file), fs::read(file).ok()?))) {
        Some((mime, content)) => ("200 OK", mime, content),
        // Browsers ask for it by themselves, and tell the page that there is none.
        None if path == "favicon.ico" => ("204 No Content", "image/x-icon", Vec::new()),
        None => ("404 Not Found", "text/plain", b"not found".to_vec()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {mime}\r\nContent-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
        content.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(&content)
}

/// A path that does not lead out of the folder.
fn below(folder: &Path, path: &str) -> Option<PathBuf> {
    let plain = Path::new(path).components().all(|component| matches!(component, Component::Normal(_)));
    plain.then(|| folder.join(path))
}

fn mime(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
