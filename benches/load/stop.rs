//! SIGTERM under load: whoever was connected is answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{net::TcpStream, task::JoinSet};

use crate::{client, program::Program};

const CLIENTS: usize = 64;

#[derive(Default)]
struct Count {
    answered: AtomicUsize,
    lost: AtomicUsize,
}

pub(crate) async fn run() {
    let mut program = Program::assay(&[]);
    let (count, address) = (Arc::new(Count::default()), program.address);
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let count = Arc::clone(&count);
        clients.spawn(async move {
            // Until nobody listens any more.
            for number in 0.. {
                let Ok(mut stream) = TcpStream::connect(address).await else { return };
                let request = client::reward(client * 1_000_000 + number);
                match client::ask(&mut stream, &request).await {
                    Ok(answer) if answer.status == 200 => count.answered.fetch_add(1, Relaxed),
                    _ => count.lost.fetch_add(1, Relaxed),
                };
            }
        });
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = count.answered.load(Relaxed);
    program.terminate();
    clients.join_all().await;
    let ended = program.ends().await;
    let (answered, lost) = (count.answered.load(Relaxed), count.lost.load(Relaxed));
    println!("{:<44} {answered:>8} answered, {lost} lost", "SIGTERM under 64 clients");
    println!("{:<44} {:>8} of them after the signal", "", answered - before);
    assert!(ended, "the program ends well");
    assert_eq!(lost, 0, "nothing accepted is lost");
}
