//! How long tests wait, and whether two kinds of requests can be told apart by how long they take.

use std::time::Duration;

/// How long a test waits for one thing among others, or for what it has to ask for again and again.
const IN_ALL: Duration = Duration::from_secs(90);

/// What a test waits for; if it does not come the test says so, and does not hang.
pub async fn in_all<T>(what: &str, wanted: impl Future<Output = T>) -> T {
    tokio::time::timeout(IN_ALL, wanted).await.unwrap_or_else(|_| panic!("in {IN_ALL:?} not: {what}"))
}

/// Fails when somebody who measures could tell one kind from the other. By ranks (Mann and Whitney): how often does one of
/// the first kind take longer than one of the second? One half says nothing; a busy machine blurs both kinds alike.
#[track_caller]
pub fn indistinguishable(what: &str, one: &[Duration], other: &[Duration]) {
    let mut longer = 0.0;
    for a in one {
        longer += other
            .iter()
            .map(|b| {
                if a > b {
                    1.0
                } else if a == b {
                    0.5
                } else {
                    0.0
                }
            })
            .sum::<f64>();
    }
    let share = longer / (one.len() * other.len()) as f64;
    let median = |times: &[Duration]| {
        let mut sorted = times.to_vec();
        sorted.sort();
        sorted[sorted.len() / 2]
    };
    let figures = format!(
        "{what}: medians {:?} and {:?}, the first is longer in {share:.3} of pairs",
        median(one),
        median(other)
    );
    println!("{figures}");
    // An answer that skips the work differs nearly always (0.0 or 1.0); noise stays well within.
    assert!((0.2..=0.8).contains(&share), "{figures}");
}
