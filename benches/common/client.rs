//! HTTP/1.1 as trainers speak it, and no more: a connection, a request, an answer.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// A request that closes its connection.
pub(crate) fn post(path: &str, body: &str) -> String {
    format!("{}connection: close\r\n\r\n{body}", head(path, body))
}

/// A request that keeps its connection.
pub(crate) fn keeping(path: &str, body: &str) -> String {
    format!("{}\r\n{body}", head(path, body))
}

fn head(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: assay\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n",
        body.len()
    )
}

pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: assay\r\nconnection: close\r\n\r\n")
}

/// One request on a connection of its own.
pub(crate) async fn call(address: SocketAddr, request: &str) -> io::Result<Answer> {
    ask(&mut TcpStream::connect(address).await?, request).await
}

/// One request on a connection that is there.
pub(crate) async fn ask(stream: &mut TcpStream, request: &str) -> io::Result<Answer> {
    stream.write_all(request.as_bytes()).await?;
    let mut read = Vec::with_capacity(4096);
    loop {
        if stream.read_buf(&mut read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.unwrap().parse().unwrap();
        if read.len() < end + 4 + length {
            continue;
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = String::from_utf8_lossy(&read[end + 4..]).into_owned();
        return Ok(Answer { status, head, body });
    }
}

/// OpenRLHF's request for one sample; each number is another sample.
pub(crate) fn reward(number: usize) -> String {
    let prompt = format!(
        "<|im_start|>user\\nWhat is {number} + 25? Explain in one sentence.<|im_end|>\\n<|im_start|>assistant\\n"
    );
    let query =
        format!("{prompt}{number} + 25 = {}, because that is what it is.<|im_end|>", number + 25);
    let body =
        format!("{{\"query\": [\"{query}\"], \"prompts\": [\"{prompt}\"], \"labels\": [null]}}");
    post("/get_reward", &body)
}
