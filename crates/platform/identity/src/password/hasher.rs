//! Argon2id on its own threads, few at a time: a burst of sign-ins must neither hold the database nor take the machine.

use std::sync::Arc;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{self, CustomizedPasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use kernel::{Code, Entropy, Error, Result, Secret};
use parking_lot::Mutex;
use serde::Deserialize;
use tokio::sync::Semaphore;

/// Waiting for a thread at most; more are turned away instead of queueing without end.
const WAITING: usize = 256;

/// How hard a password is to guess from its hash. The default is OWASP's first choice for Argon2id.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HashCost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for HashCost {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1 }
    }
}

/// Hashes and verifies passwords.
pub(crate) struct Hasher {
    params: Params,
    threads: Arc<Semaphore>,
    waiting: Semaphore,
    memory: Arc<Blocks>,
    dummy: Arc<str>,
}

/// What came of a verification.
pub(crate) struct Verified {
    /// Whether the password was right.
    pub(crate) right: bool,
    /// A new hash, where the old one was made at another cost.
    pub(crate) rehash: Option<String>,
}

impl Hasher {
    pub(crate) fn new(cost: HashCost, entropy: &dyn Entropy) -> Result<Self> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None).map_err(|e| {
            Error::internal(format_args!("password hash: {e}"))
                .message("The cost of password hashes is not right.")
        })?;
        let dummy = dummy(&params, entropy).into();
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get().div_ceil(2));
        Ok(Self {
            params,
            threads: Arc::new(Semaphore::new(threads)),
            waiting: Semaphore::new(WAITING),
            memory: Arc::default(),
            dummy,
        })
    }

    /// The hash of a new password.
    pub(crate) async fn hash(&self, password: &Secret, salt: [u8; 16]) -> Result<String> {
        let (password, params, memory) = (password.clone(), self.params.clone(), self.memory.clone());
        self.work(move || hash(&memory, &params, password.reveal(), &salt)).await?
    }

    /// Whether a password fits a hash. None: there is no such account; it takes as long and is never right.
    pub(crate) async fn verify(
        &self,
        password: &Secret,
        kept: Option<&str>,
        salt: [u8; 16],
    ) -> Result<Verified> {
        let known = kept.is_some();
        let kept: Arc<str> = kept.map_or_else(|| self.dummy.clone(), Arc::from);
        let (password, params, memory) = (password.clone(), self.params.clone(), self.memory.clone());
        self.work(move || {
            let right = verify(&memory, password.reveal(), &kept) && known;
            let rehash =
                (right && outdated(&params, &kept)).then(|| hash(&memory, &params, password.reveal(), &salt));
            Ok(Verified { right, rehash: rehash.transpose()? })
        })
        .await?
    }

    /// Runs work that takes long on a thread of its own, when it is its turn.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let busy = || Error::new(Code::Unavailable).cause("too many passwords to hash").retry_after(2);
        let _place = self.waiting.try_acquire().map_err(|_| busy())?;
        let turn = self.threads.clone().acquire_owned().await.map_err(Error::internal)?;
        // The turn goes along: work whose client has gone away still counts until it ends.
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        task.await.map_err(Error::internal)
    }
}

/// A hash that no password has, at the cost of a real one: an unknown account takes as long as a known one. Made of
/// randomness, because hashing something at every start would only cost time and memory.
fn dummy(params: &Params, entropy: &dyn Entropy) -> String {
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    entropy.fill(&mut output);
    let (m, t, p) = (params.m_cost(), params.t_cost(), params.p_cost());
    let (salt, output) = (STANDARD_NO_PAD.encode(salt(entropy)), STANDARD_NO_PAD.encode(output));
    format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${output}")
}

fn salt(entropy: &dyn Entropy) -> [u8; 16] {
    let mut salt = [0; 16];
    entropy.fill(&mut salt);
    salt
}

/// What passwords are hashed in, kept for the next ones: as many as are hashed at once. The C library gives blocks of this
/// size back only at first, and keeps some for each thread that had one: forty sign-ins took 400 MiB for good.
#[derive(Default)]
struct Blocks(Mutex<Vec<Vec<Block>>>);

impl CustomizedPasswordHasher<PasswordHash> for Blocks {
    type Params = Params;

    fn hash_password_customized(
        &self,
        password: &[u8],
        salt: &[u8],
        algorithm: Option<&str>,
        version: Option<u32>,
        params: Params,
    ) -> password_hash::Result<PasswordHash> {
        let algorithm = algorithm.map_or(Ok(Algorithm::Argon2id), Algorithm::try_from)?;
        let version = version.map_or(Ok(Version::V0x13), Version::try_from)?;
        let salt = Salt::new(salt)?;
        let mut output = [0; Output::MAX_LENGTH];
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let output = output.get_mut(..length).ok_or(password_hash::Error::OutputSize)?;
        let mut blocks = self.0.lock().pop().unwrap_or_default();
        blocks.resize(params.block_count(), Block::default());
        let argon = Argon2::new(algorithm, version, params.clone());
        let hashed = argon.hash_password_into_with_memory(password, &salt, output, &mut blocks);
        // Nothing of the password stays there.
        blocks.fill(Block::default());
        self.0.lock().push(blocks);
        hashed?;
        Ok(PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(&params)?,
            salt: Some(salt),
            hash: Some(Output::new(output)?),
        })
    }
}

fn hash(memory: &Blocks, params: &Params, password: &str, salt: &[u8]) -> Result<String> {
    let hash = memory.hash_password_with_params(password.as_bytes(), salt, params.clone());
    Ok(hash.map_err(Error::internal)?.to_string())
}

fn verify(memory: &Blocks, password: &str, kept: &str) -> bool {
    PasswordHash::new(kept).is_ok_and(|kept| memory.verify_password(password.as_bytes(), &kept).is_ok())
}

fn outdated(params: &Params, kept: &str) -> bool {
    let of = |p: &Params| (p.m_cost(), p.t_cost(), p.p_cost());
    let kept = PasswordHash::new(kept).ok().and_then(|kept| Params::try_from(&kept).ok());
    kept.is_none_or(|kept| of(&kept) != of(params))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::cx::OsEntropy;

    // REQ ID-1
    #[tokio::test]
    async fn parameters_are_in_the_hash_and_a_change_of_them_rehashes() {
        let cheap = HashCost { memory_kib: 32, passes: 1, lanes: 1 };
        let old = Hasher::new(cheap, &OsEntropy).unwrap();
        let new = Hasher::new(HashCost { passes: 2, ..cheap }, &OsEntropy).unwrap();
        let (right, wrong) = (Secret::new("correct horse"), Secret::new("battery staple"));
        let kept = old.hash(&right, [1; 16]).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=32,t=1,p=1$"), "{kept}");
        assert!(old.verify(&right, Some(&kept), [2; 16]).await.unwrap().rehash.is_none());
        assert!(!old.verify(&wrong, Some(&kept), [2; 16]).await.unwrap().right);
        let again = new.verify(&right, Some(&kept), [2; 16]).await.unwrap();
        let rehash = again.rehash.filter(|_| again.right).unwrap();
        assert!(rehash.contains("t=2") && new.verify(&right, Some(&rehash), [3; 16]).await.unwrap().right);
        // Unknown accounts verify against a hash that nothing fits.
        assert!(!new.verify(&right, None, [2; 16]).await.unwrap().right);
    }

    #[test]
    fn the_default_cost_is_owasps() {
        let hasher = Hasher::new(HashCost::default(), &OsEntropy).unwrap();
        assert!(hasher.dummy.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }

    // REQ ID-1 (attack I1)
    #[test]
    fn the_dummy_is_a_hash_like_others() {
        let params = Params::new(32, 1, 1, None).unwrap();
        let dummy = dummy(&params, &OsEntropy);
        let memory = Blocks::default();
        let real = hash(&memory, &params, "correct horse", &[1; 16]).unwrap();
        let of_library = argon2::PasswordHasher::hash_password_with_salt(
            &Argon2::from(&params),
            b"correct horse",
            &[1; 16],
        );
        assert_eq!(of_library.unwrap().to_string(), real);
        assert!(PasswordHash::new(&dummy).is_ok() && !outdated(&params, &dummy), "{dummy}");
        assert_eq!(dummy.len(), real.len());
        assert!(!verify(&memory, "correct horse", &dummy));
    }

    /// Of this process, in MiB.
    fn resident() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }

    // REQ ID-1, EDGE-6
    #[tokio::test(flavor = "multi_thread")]
    async fn a_burst_of_sign_ins_takes_the_memory_of_those_that_are_hashed_at_once() {
        let hasher = Arc::new(Hasher::new(HashCost::default(), &OsEntropy).unwrap());
        let (at_once, before) = (hasher.threads.available_permits(), resident());
        let mut burst = tokio::task::JoinSet::new();
        for _ in 0..40 {
            let hasher = hasher.clone();
            burst.spawn(async move { hasher.verify(&Secret::new("battery staple"), None, [1; 16]).await });
        }
        for verified in burst.join_all().await {
            assert!(!verified.unwrap().right);
        }
        assert!(hasher.memory.0.lock().len() <= at_once);
        let more = resident().saturating_sub(before);
        assert!(more <= 20 * at_once as u64 + 30, "{more} MiB more");
    }
}
