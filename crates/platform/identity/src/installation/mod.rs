//! The installation as a whole: what its administrators see of it, and what front ends tell it of their crashes.

pub(crate) mod read;
pub(crate) mod report_crash;

/// Keeps others from changing who administers the installation until the transaction ends.
pub(crate) fn hold(tx: &mut store::Tx) {
    tx.hold("SELECT 1 FROM installation WHERE id = 1 AND cardinality(?1::UUID[]) = 0 FOR NO KEY UPDATE", &[]);
}
