//! `ctx.jobs`: jobs that a run submits, awaits and cancels; and `ctx.progress`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use ampoule_protocol::{ChildAsk, Grants, JobId, Json, MAX_CHILD_BYTES, MAX_PROGRESS_CHARS, Progress};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::{
    Answer, Backing, Body, Failure,
    call::{Called, Calling, arguments, at_once},
    ledger::{Kind, Ledger, Use},
    mask::Masker,
    pace::Pace,
};

/// Jobs of a run whose end is asked for at a time, each by a call that the manager keeps open; others wait their turn.
const AWAITED: usize = 32;
/// How long one such call may take, before others have their turn.
const TURN: Duration = Duration::from_secs(5);

/// What a run does with jobs of its own.
#[derive(Debug)]
pub(crate) struct Jobs {
    submitted: AtomicU64,
    awaited: Arc<Semaphore>,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { submitted: AtomicU64::new(0), awaited: Arc::new(Semaphore::new(AWAITED)) }
    }
}

#[derive(Deserialize)]
struct Of {
    id: JobId,
}

impl Jobs {
    /// `jobs.submit {}`, the job's JSON beside; `jobs.await {id}`; `jobs.cancel {id}`.
    pub(crate) fn call(
        &self,
        verb: &str,
        args: &str,
        body: Vec<u8>,
        (ledger, grants, pace): (&Arc<Ledger>, &Grants, &Arc<Pace>),
        backing: Option<&Arc<dyn Backing>>,
    ) -> Calling {
        let begin = || {
            let granted = |script: &str, held: bool| {
                let what = format!("jobs {script}");
                match (held, backing) {
                    (false, _) => Err(ledger.not_granted(what, "this job was not granted to submit jobs of it")),
                    (true, None) => Err(ledger.not_granted(what, "it is granted, but there is no queue here")),
                    (true, Some(backing)) => Ok(Arc::clone(backing)),
                }
            };
            match verb {
                "submit" => {
                    let (job, script) = job(body)?;
                    let backing = granted(&script, grants.submits(&script))?;
                    Ok(self.submit(job, script, backing, ledger, pace))
                }
                "await" => {
                    let Of { id } = arguments(args)?;
                    Ok(self.awaiting(id, granted("*", !grants.jobs.is_empty())?, pace))
                }
                "cancel" => {
                    let Of { id } = arguments(args)?;
                    let asked = granted("*", !grants.jobs.is_empty())?.jobs(ChildAsk::Cancel { id });
                    let cancelled = async move {
                        let view = asked.await.map_err(|error| error.failure("JobsError"))?;
                        Answer::of(json!(view.state))
                    };
                    Ok(Box::pin(cancelled) as Calling)
                }
                _ => Err(Failure::wrong(format!("there is no `jobs.{verb}`"))),
            }
        };
        begin().unwrap_or_else(|failure| at_once(Err(failure)))
    }

    fn submit(&self, job: Json, script: String, backing: Arc<dyn Backing>, ledger: &Arc<Ledger>, pace: &Arc<Pace>) -> Calling {
        let place = self.submitted.fetch_add(1, Ordering::Relaxed);
        let (bytes, ledger) = (job.len(), Arc::clone(ledger));
        pace.call(bytes, move || {
            Box::pin(async move {
                let started = Instant::now();
                let stored = backing.jobs(ChildAsk::Submit { place, job }).await;
                let written = stored.is_ok();
                ledger.note(Kind::Jobs, &script, Use { bytes_in: 0, bytes_out: bytes as u64, took: started.elapsed(), written });
                Answer::of(json!(stored.map_err(|error| error.failure("JobsError"))?.id))
            })
        })
    }

    fn awaiting(&self, id: JobId, backing: Arc<dyn Backing>, pace: &Arc<Pace>) -> Calling {
        let (awaited, pace) = (Arc::clone(&self.awaited), Arc::clone(pace));
        Box::pin(async move {
            let failed = |error: crate::BackingError| error.failure("JobsError");
            loop {
                let _turn = awaited.acquire().await;
                let ask = ChildAsk::Await { id, wait_ms: TURN.as_millis() as u64 };
                if backing.jobs(ask).await.map_err(failed)?.state.is_final() {
                    break;
                }
            }
            // What it gave can be large, so few are fetched at a time.
            let ended = pace.call(0, move || {
                Box::pin(async move {
                    let view = backing.jobs(ChildAsk::Result { id }).await.map_err(failed)?;
                    let text = serde_json::to_string(&view).map_err(|error| Failure::new("JobsError", "refused", error.to_string()))?;
                    Answer::body(Body::Text(text))
                })
            });
            ended.await
        })
    }
}

/// The job, and the name of its script: `*` for one that is not published.
fn job(body: Vec<u8>) -> Result<(Json, String), Failure> {
    #[derive(Deserialize)]
    struct Job {
        script: Script,
    }
    #[derive(Deserialize)]
    struct Script {
        source: Option<serde::de::IgnoredAny>,
        name: Option<String>,
    }
    if body.len() > MAX_CHILD_BYTES {
        return Err(Failure::wrong(format!("the job has {} bytes, at most {MAX_CHILD_BYTES} are allowed: publish its script", body.len())));
    }
    let text = String::from_utf8(body).map_err(|_| Failure::wrong("the job is not UTF-8"))?;
    let of: Job = serde_json::from_str(&text).map_err(|error| Failure::wrong(format!("the job: {error}")))?;
    let script = match of.script {
        Script { source: None, name: Some(name) } => name,
        _ => "*".to_owned(),
    };
    let job = Json::parse(text).map_err(|error| Failure::wrong(error.to_string()))?;
    Ok((job, script))
}

/// `progress.set {fraction, text}`: shown to whoever looks at the job; the last one counts.
pub(crate) fn progress(args: &str, masker: Option<&Masker>, backing: Option<&Arc<dyn Backing>>) -> Called {
    let Progress { fraction, text } = arguments(args)?;
    if !(0.0..=1.0).contains(&fraction) {
        return Err(Failure::wrong(format!("progress is a number from 0 to 1, and a text of up to {MAX_PROGRESS_CHARS} characters")));
    }
    let text = match masker {
        Some(masker) => masker.mask(&text),
        None => text,
    };
    if let Some(backing) = backing {
        backing.progress(Progress { fraction, text }.bounded());
    }
    Answer::of(Value::Null)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use ampoule_protocol::{ChildView, JobState, KvAnswer, KvAsk, Outcome};

    use super::*;
    use crate::{Backed, BackingError, Granted, Resources, Secrets};

    /// Ends every job at the third look.
    #[derive(Debug, Default)]
    struct Queue {
        asked: Mutex<Vec<ChildAsk>>,
        told: Mutex<Vec<Progress>>,
    }

    #[derive(Debug, Default, Clone)]
    struct Shared(Arc<Queue>);

    impl Backing for Shared {
        fn kv(&self, _: &str, _: KvAsk) -> Backed<KvAnswer> {
            Box::pin(async { Err(BackingError::Unavailable) })
        }

        fn jobs(&self, ask: ChildAsk) -> Backed<ChildView> {
            let mut asked = self.0.asked.lock().unwrap();
            asked.push(ask.clone());
            let looks = asked.iter().filter(|ask| matches!(ask, ChildAsk::Await { .. })).count();
            let (state, outcome) = match ask {
                ChildAsk::Await { .. } if looks < 3 => (JobState::Running, None),
                ChildAsk::Result { .. } => (JobState::Succeeded, Some(Outcome::Returned { value: Json::parse("1e21".into()).unwrap() })),
                _ => (JobState::Succeeded, None),
            };
            Box::pin(async move { Ok(ChildView { id: JobId::from_bytes([7; 16]), state, outcome }) })
        }

        fn progress(&self, progress: Progress) {
            self.0.told.lock().unwrap().push(progress);
        }
    }

    fn granted(grants: &str, queue: &Shared) -> Granted {
        let mut secrets = Secrets::default();
        secrets.insert("KEY", "correct-horse".to_owned()).unwrap();
        let resources = Resources { secrets, ..Resources::default() };
        Granted::new(serde_json::from_str(grants).unwrap(), &resources).backed_by(Arc::new(queue.clone()))
    }

    #[tokio::test]
    async fn jobs_are_submitted_awaited_and_numbered() {
        let queue = Shared::default();
        let granted = granted(r#"{"jobs":["tax"]}"#, &queue);
        let job = br#"{"script":{"name":"tax"}}"#.to_vec();
        let id = granted.call("jobs.submit", "{}", job.clone()).await.unwrap().value;
        granted.call("jobs.submit", "{}", job).await.unwrap();
        let ended = granted.call("jobs.await", &json!({ "id": id }).to_string(), Vec::new()).await.unwrap();
        assert!(matches!(&ended.body, Body::Text(text) if text.contains("1e21")), "{ended:?}");
        let asked = queue.0.asked.lock().unwrap();
        let places: Vec<_> =
            asked.iter().filter_map(|ask| if let ChildAsk::Submit { place, .. } = ask { Some(*place) } else { None }).collect();
        assert_eq!((places, asked.len()), (vec![0, 1], 6));
        assert_eq!(granted.used().jobs["tax"].calls, 2);
    }

    #[tokio::test]
    async fn what_is_not_granted() {
        let queue = Shared::default();
        let of = |grants: &str, body: &str| granted(grants, &queue).call("jobs.submit", "{}", body.as_bytes().to_vec());
        let inline = r#"{"script":{"source":"1"}}"#;
        assert_eq!(of(r#"{"jobs":["tax"]}"#, inline).await.unwrap_err().message, "jobs *: this job was not granted to submit jobs of it");
        assert_eq!(of("{}", r#"{"script":{"name":"tax"}}"#).await.unwrap_err().code, "not_granted");
        assert!(of(r#"{"jobs":["*"]}"#, inline).await.is_ok());
        assert_eq!(of(r#"{"jobs":["*"]}"#, "{}").await.unwrap_err().code, "invalid_argument");
        assert_eq!(
            granted("{}", &queue).call("jobs.cancel", &json!({"id": JobId::new()}).to_string(), vec![]).await.unwrap_err().code,
            "not_granted"
        );
        assert_eq!(queue.0.asked.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn progress_is_checked_and_hides_secrets() {
        let queue = Shared::default();
        let granted = granted(r#"{"secrets":["KEY"]}"#, &queue);
        granted.call("progress.set", r#"{"fraction":0.5,"text":"with correct-horse"}"#, vec![]).await.unwrap();
        for wrong in [r#"{"fraction":1.5}"#, r#"{"fraction":-1}"#, r#"{"fraction":null}"#] {
            assert_eq!(granted.call("progress.set", wrong, vec![]).await.unwrap_err().name, "TypeError");
        }
        assert_eq!(*queue.0.told.lock().unwrap(), [Progress { fraction: 0.5, text: "with ***".to_owned() }]);
    }
}
