//! Several calls of one reading operation, in one snapshot: a tab that comes back takes all its topics up at once, and the
//! server asks for itself whether somebody may still listen to theirs.

use kernel::OrgId;

use super::*;

/// Calls that are counted as one request: in one snapshot they cost about as much.
const COUNTED_AS_ONE: usize = 10;
/// Bytes of answers after which no further call is answered, about.
const MOST_BYTES: usize = 512 << 10;

/// What each call is answered.
pub type Answers = Vec<Result<Vec<u8>>>;
/// The ids in a call's path, by name.
pub type PathIds = Vec<(String, String)>;

/// Calls to be answered together.
pub(crate) struct Batch {
    principal: Principal,
    request: Request,
    calls: Vec<(PathIds, RawInput)>,
    /// The server's own question whether the calls would be allowed: it is not counted, kept or carried out.
    only_asks: bool,
}

pub(crate) type AnsweringEach<'a> = Pin<Box<dyn Future<Output = Result<Answers>> + Send + 'a>>;

impl Dispatcher {
    /// Carries out several calls of one subscribing operation. There may be fewer answers than calls: the rest should be
    /// asked for again. An error is one of all: nothing was found out about any of them.
    pub async fn call_each(
        &self,
        operation: &str,
        principal: Principal,
        request: Request,
        calls: Vec<(PathIds, RawInput)>,
    ) -> Result<Answers> {
        self.each(operation, Batch { principal, request, calls, only_asks: false }).await
    }

    /// Whether the caller may carry the operation out at each of these, now. An error: that could not be found out, which is
    /// neither yes nor no.
    pub async fn may_still(
        &self,
        operation: &str,
        principal: Principal,
        request: Request,
        paths: Vec<PathIds>,
    ) -> Result<Vec<bool>> {
        let calls = paths.into_iter().map(|path| (path, RawInput::Json(Vec::new()))).collect();
        let answers = self.each(operation, Batch { principal, request, calls, only_asks: true }).await?;
        answers
            .into_iter()
            .map(|answer| match answer {
                Ok(_) => Ok(true),
                Err(error) if matches!(error.code, Code::NotFound | Code::Forbidden) => Ok(false),
                Err(error) => Err(error),
            })
            .collect()
    }

    async fn each(&self, operation: &str, batch: Batch) -> Result<Answers> {
        let Some(operation) = self.0.operations.get(operation) else { return Err(Error::not_found()) };
        if operation.facts().subscribes.is_none() {
            return Err(Error::new(Code::BadRequest).message("This is not offered several at a time."));
        }
        let answers = operation.each(self, batch).await;
        if let Err(error) = answers.as_ref()
            && error.is_fault()
        {
            tracing::error!(operation = operation.facts().id, cause = error.cause, "fault");
        }
        answers
    }
}

/// What was decided about one call.
struct Decided {
    cx: Cx,
    org: Option<OrgId>,
    answer: Result<Vec<u8>>,
}

impl<O: Operation> Plain<O>
where
    O::Input: DeserializeOwned + JsonSchema,
{
    pub(super) async fn answer_each(&self, dispatcher: &Dispatcher, batch: Batch) -> Result<Answers> {
        let Batch { principal, request, calls, only_asks } = batch;
        if principal.is_anonymous() {
            return Err(Error::new(Code::Unauthenticated));
        }
        in_scope::<O>(&principal)?;
        if !only_asks {
            for _ in 0..calls.len().div_ceil(COUNTED_AS_ONE) {
                dispatcher.limit::<O>(&principal, &request)?;
            }
        }
        let parts = &dispatcher.0.parts;
        let mut asked = Vec::with_capacity(calls.len());
        for (path, input) in calls {
            let cx = Cx::new(principal.clone(), request.clone(), parts.clock.clone(), parts.entropy.clone());
            let ids = asked_for(path.clone());
            let parsed = self.shape.parse_path::<<O::Target as Target>::Path>(path).and_then(|path| {
                let input = if only_asks { None } else { Some(self.shape.parse_input::<O::Input>(input)?) };
                Ok((path, input))
            });
            asked.push((cx, ids, parsed));
        }
        let (run, operation) = (dispatcher.clone(), self.operation.clone());
        let decided =
            dispatcher.store().read(move |tx| Box::pin(run.decide_all(tx, operation, asked))).await?;
        let mut answers = Vec::with_capacity(decided.len());
        for Decided { cx, org, answer } in decided {
            if let Err(error) = &answer
                && !only_asks
            {
                dispatcher.record_refusal::<O>(&cx, org, error).await?;
            }
            answers.push(answer);
        }
        Ok(answers)
    }
}

/// One call, as far as it could be read: its context, the ids that it names, and what it asks.
type Asked<O> = (
    Cx,
    Option<String>,
    Result<(<<O as Operation>::Target as Target>::Path, Option<<O as Operation>::Input>)>,
);

impl Dispatcher {
    /// All calls in order, until the answers are long enough.
    async fn decide_all<O: Operation>(
        self,
        tx: &mut Tx,
        operation: Arc<O>,
        asked: Vec<Asked<O>>,
    ) -> Result<Vec<Decided>> {
        let (mut all, mut bytes) = (Vec::with_capacity(asked.len()), 0);
        for (number, (cx, ids, parsed)) in asked.into_iter().enumerate() {
            if bytes > MOST_BYTES {
                break;
            }
            let org = parsed.as_ref().ok().and_then(|(path, _)| path.org());
            let answer = match parsed {
                Ok((path, input)) => {
                    self.decide(tx, &cx, &*operation, &path, input, number % COUNTED_AS_ONE == 0).await
                }
                Err(error) => Err(error),
            };
            match &answer {
                Ok(body) => bytes += body.len(),
                Err(error) if could_not_say(error) => return answer.map(|_| Vec::new()),
                Err(_) => cx.about_target(ids),
            }
            all.push(Decided { cx, org, answer });
        }
        Ok(all)
    }

    /// One call; without an input it is only asked whether it would be allowed.
    async fn decide<O: Operation>(
        &self,
        tx: &mut Tx,
        cx: &Cx,
        operation: &O,
        path: &<O::Target as Target>::Path,
        input: Option<O::Input>,
        counted: bool,
    ) -> Result<Vec<u8>> {
        let cx = self.identify(tx, cx, path.org(), Asking::Remembered).await?;
        if counted && input.is_some() {
            self.count(&cx)?;
        }
        let (proof, _) = self.authorise::<O>(tx, &cx, path).await?;
        let Some(input) = input else { return Ok(Vec::new()) };
        let output = operation.run(&cx, tx, &proof, input).await?;
        serde_json::to_vec(&output).map_err(Error::internal)
    }
}

/// Says nothing about the one call: the database is away, the session has ended.
fn could_not_say(error: &Error) -> bool {
    error.is_fault()
        || matches!(error.code, Code::Unavailable | Code::Timeout | Code::RateLimited | Code::Unauthenticated)
}
