//! The store's only writer: one thread, which commits in groups.
//!
//! A commit that reaches the disk costs milliseconds, whatever it holds. So all writes that wait are run in one
//! transaction, committed once, and answered together; while that commit waits for the disk, the next group gathers.
//!
//! Those who wait for jobs wait here too: what a group makes ready is theirs in the same commit.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use deadpool_sqlite::rusqlite::{self, Connection};
use tokio::sync::{mpsc, oneshot};

use crate::queue::{Commits, Event, EventSink, QueueError, Scope};

/// Writes that may wait; more wait in their senders. Each holds its job, so this bounds memory as well.
const WAITING: usize = 1024;
/// Most writes of one commit: bounds how long the first of them waits for the last.
const GROUP: usize = 512;

/// What a write does inside the transaction.
type Outcome<T> = Result<T, QueueError>;

/// The way to the writer's thread.
pub(super) struct Writer {
    commands: mpsc::Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
    commits: Arc<Commits>,
}

impl Writer {
    /// Starts the thread. It ends when the writer is closed, or with the process.
    pub(super) fn start(conn: Connection, sink: EventSink) -> std::io::Result<Self> {
        let (commands, waiting) = mpsc::channel(WAITING);
        let commits = Arc::new(Commits::default());
        let counted = commits.clone();
        let thread = std::thread::Builder::new().name("queue-writer".into()).spawn(move || {
            Thread { conn, waiting, patient: Vec::new(), sink, commits: counted }.serve();
        })?;
        Ok(Self { commands, thread: Mutex::new(Some(thread)), commits })
    }

    /// Runs `work` in the next transaction and answers once that is on disk.
    ///
    /// It is run to its end even when the caller stops waiting: the answer is dropped then, but the events are told.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut Vec<Event>) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let (command, answer) = Typed::boxed(work);
        self.commands.send(Message::Write(command)).await.map_err(|_| QueueError::Closed)?;
        answer.await.unwrap_or(Err(QueueError::Closed))
    }

    /// Runs `look` in each transaction from the next one on, until it finds something, and answers once that is on disk. Those who look for the
    /// same get it in the order in which they came.
    ///
    /// Once `until` is over it looks no more: `None`, unless a look under way still finds something. Whoever drops this instead may leave a last
    /// look behind, whose answer is dropped.
    pub(super) async fn wait<T: Send + 'static>(
        &self,
        scope: Scope,
        look: impl FnMut(&Connection, &mut Vec<Event>) -> Outcome<Option<T>> + Send + 'static,
        until: impl Future<Output = ()>,
    ) -> Outcome<Option<T>> {
        let (reply, mut answer) = oneshot::channel();
        let given_up = Arc::new(AtomicBool::new(false));
        let waiting = Box::new(Looking { look, found: None, reply, given_up: given_up.clone() });
        self.commands.send(Message::Wait(scope, waiting)).await.map_err(|_| QueueError::Closed)?;
        let answer = tokio::select! {
            biased;
            answer = &mut answer => answer,
            () = until => {
                given_up.store(true, Ordering::Release);
                self.commands.send(Message::GivenUp).await.map_err(|_| QueueError::Closed)?;
                answer.await
            }
        };
        answer.unwrap_or(Err(QueueError::Closed))
    }

    /// The same as [`Writer::run`] for those who cannot wait. Nothing happens when too many writes wait already.
    pub(super) fn try_run(
        commands: &mpsc::Sender<Message>,
        work: impl FnOnce(&Connection, &mut Vec<Event>) -> Outcome<()> + Send + 'static,
    ) {
        let _ = commands.try_send(Message::Write(Typed::boxed(work).0));
    }

    /// For [`Writer::try_run`].
    pub(super) fn commands(&self) -> mpsc::Sender<Message> {
        self.commands.clone()
    }

    /// What it has done.
    pub(super) fn commits(&self) -> &Arc<Commits> {
        &self.commits
    }

    /// Waits until the thread is gone, which without [`Writer::close`] means that it panicked.
    pub(super) async fn gone(&self) {
        self.commands.closed().await;
    }

    /// Writes what waits, refuses what comes later, and waits for the thread's end.
    pub(super) async fn close(&self) {
        let _ = self.commands.send(Message::Close).await;
        let thread = self.thread.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the queue's writer had panicked");
            }
        }
    }
}

/// What the thread is sent.
pub(super) enum Message {
    Write(Box<dyn Command>),
    Wait(Scope, Box<dyn Patient>),
    /// Somebody waits no more.
    GivenUp,
    Close,
}

/// Who waits, whose answer's type is forgotten.
pub(super) trait Patient: Send {
    /// Looks, and keeps what is found. When it fails, what it wrote must be undone.
    fn look(&mut self, conn: &Connection, events: &mut Vec<Event>) -> Result<(), QueueError>;
    /// Whether it has an answer.
    fn is_found(&self) -> bool;
    /// Whether nobody waits for what it might find.
    fn is_given_up(&self) -> bool;
    /// Sends the answer, or the reason why its commit failed.
    fn answer(self: Box<Self>, commit: &Result<(), QueueError>);
}

struct Looking<T, F> {
    look: F,
    found: Option<Outcome<T>>,
    reply: oneshot::Sender<Outcome<Option<T>>>,
    given_up: Arc<AtomicBool>,
}

impl<T, F> Patient for Looking<T, F>
where
    T: Send,
    F: FnMut(&Connection, &mut Vec<Event>) -> Outcome<Option<T>> + Send,
{
    fn look(&mut self, conn: &Connection, events: &mut Vec<Event>) -> Result<(), QueueError> {
        self.found = (self.look)(conn, events).transpose();
        match &self.found {
            Some(Err(err)) => Err(err.clone()),
            _ => Ok(()),
        }
    }

    fn is_found(&self) -> bool {
        self.found.is_some()
    }

    fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire) || self.reply.is_closed()
    }

    fn answer(self: Box<Self>, commit: &Result<(), QueueError>) {
        let answer = match (self.found, commit) {
            (Some(Ok(_)), Err(err)) => Err(err.clone()),
            (found, _) => found.transpose(),
        };
        let _ = self.reply.send(answer);
    }
}

/// A write whose answer's type is forgotten.
pub(super) trait Command: Send {
    /// Runs it and keeps its answer. When it fails, what it wrote must be undone.
    fn run(&mut self, conn: &Connection, events: &mut Vec<Event>) -> Result<(), QueueError>;
    /// Sends the answer, or the reason why the commit failed.
    fn answer(self: Box<Self>, commit: &Result<(), QueueError>);
}

struct Typed<T, F> {
    work: Option<F>,
    result: Outcome<T>,
    reply: oneshot::Sender<Outcome<T>>,
}

impl<T, F> Typed<T, F>
where
    T: Send + 'static,
    F: FnOnce(&Connection, &mut Vec<Event>) -> Outcome<T> + Send + 'static,
{
    fn boxed(work: F) -> (Box<dyn Command>, oneshot::Receiver<Outcome<T>>) {
        let (reply, answer) = oneshot::channel();
        (Box::new(Self { work: Some(work), result: Err(QueueError::Closed), reply }), answer)
    }
}

impl<T, F> Command for Typed<T, F>
where
    T: Send,
    F: FnOnce(&Connection, &mut Vec<Event>) -> Outcome<T> + Send,
{
    fn run(&mut self, conn: &Connection, events: &mut Vec<Event>) -> Result<(), QueueError> {
        if let Some(work) = self.work.take() {
            self.result = work(conn, events);
        }
        self.result.as_ref().map(drop).map_err(QueueError::clone)
    }

    fn answer(self: Box<Self>, commit: &Result<(), QueueError>) {
        // A write that failed by itself keeps its own reason; one behind it, which was not run any more, has none.
        let answer = match commit {
            Err(err) if self.result.is_ok() || self.work.is_some() => Err(err.clone()),
            _ => self.result,
        };
        let _ = self.reply.send(answer);
    }
}

struct Thread {
    conn: Connection,
    waiting: mpsc::Receiver<Message>,
    /// In the order in which they came.
    patient: Vec<(Scope, Box<dyn Patient>)>,
    sink: EventSink,
    commits: Arc<Commits>,
}

impl Thread {
    fn serve(mut self) {
        let (mut messages, mut group, mut events) = (Vec::new(), Vec::new(), Vec::new());
        while self.waiting.blocking_recv_many(&mut messages, GROUP) > 0 {
            for message in messages.drain(..) {
                match message {
                    Message::Write(command) => group.push(command),
                    Message::Wait(scope, patient) => self.patient.push((scope, patient)),
                    Message::GivenUp => {}
                    // Those that were sent already are still received.
                    Message::Close => self.waiting.close(),
                }
            }
            for (_, patient) in self.patient.extract_if(.., |(_, patient)| patient.is_given_up()) {
                patient.answer(&Ok(()));
            }
            let commit = self.commit(&mut group, &mut events);
            match &commit {
                Ok(()) => (self.sink)(&events),
                Err(err) => tracing::error!(%err, writes = group.len(), "the queue failed to commit"),
            }
            events.clear();
            for command in group.drain(..) {
                command.answer(&commit);
            }
            for (_, patient) in self.patient.extract_if(.., |(_, patient)| patient.is_found()) {
                patient.answer(&commit);
            }
        }
    }

    fn commit(&mut self, group: &mut [Box<dyn Command>], events: &mut Vec<Event>) -> Result<(), QueueError> {
        let done = self.transaction(group, events);
        if done.is_err() {
            events.clear();
            if !self.conn.is_autocommit() {
                let _ = self.conn.execute_batch("ROLLBACK");
            }
        }
        done
    }

    fn transaction(&mut self, group: &mut [Box<dyn Command>], events: &mut Vec<Event>) -> Result<(), QueueError> {
        let conn = &self.conn;
        let before = conn.total_changes();
        run(conn, "BEGIN IMMEDIATE")?;
        for command in group.iter_mut() {
            apart(conn, events, |events| command.run(conn, events))?;
        }
        // Where one found nothing, another one of the same scope finds nothing, and after one of all scopes nobody does.
        let mut in_vain: Vec<&Scope> = Vec::new();
        for (scope, patient) in &mut self.patient {
            if in_vain.contains(&&*scope) {
                continue;
            }
            apart(conn, events, |events| patient.look(conn, events))?;
            if !patient.is_found() {
                in_vain.push(scope);
                if *scope == Scope::All {
                    break;
                }
            }
        }
        run(conn, "COMMIT")?;
        let given = self.patient.iter().filter(|(_, patient)| patient.is_found()).count();
        self.commits.count(group.len() + given, self.conn.total_changes() != before);
        Ok(())
    }
}

fn run(conn: &Connection, sql: &str) -> rusqlite::Result<usize> {
    conn.prepare_cached(sql)?.execute([])
}

/// Runs a write so that its failure undoes nothing but itself.
fn apart(
    conn: &Connection,
    events: &mut Vec<Event>,
    write: impl FnOnce(&mut Vec<Event>) -> Result<(), QueueError>,
) -> Result<(), QueueError> {
    let told = events.len();
    run(conn, "SAVEPOINT write")?;
    if let Err(err) = write(events) {
        events.truncate(told);
        // After some errors (full disk, input/output) SQLite has rolled back all, the others' writes too: then this fails, and with it the
        // whole group, for that reason.
        run(conn, "ROLLBACK TO write").map_err(|_| err)?;
    }
    run(conn, "RELEASE write")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Told = Arc<Mutex<Vec<Event>>>;

    fn writer() -> (Writer, Told) {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE t (x BLOB) STRICT").unwrap();
        let told = Told::default();
        let sink = told.clone();
        (Writer::start(conn, Arc::new(move |events| sink.lock().unwrap().extend_from_slice(events))).unwrap(), told)
    }

    async fn insert(writer: &Writer, bytes: i64, fail: bool) -> Outcome<()> {
        let work = move |conn: &Connection, events: &mut Vec<Event>| {
            conn.execute("INSERT INTO t VALUES (zeroblob(?1))", [bytes])?;
            events.push(Event::Queued);
            if fail { Err(QueueError::Corrupt { what: "test", why: String::new() }) } else { Ok(()) }
        };
        writer.run(work).await
    }

    async fn count(writer: &Writer) -> i64 {
        writer.run(|conn, _| Ok(conn.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?)).await.unwrap()
    }

    #[tokio::test]
    async fn a_write_that_fails_spoils_no_other() {
        let (writer, told) = writer();
        let done = futures_util::future::join_all((0..100).map(|k| insert(&writer, 1, k % 3 == 0))).await;
        assert!(done.iter().enumerate().all(|(k, done)| done.is_err() == (k % 3 == 0)));
        assert_eq!((count(&writer).await, told.lock().unwrap().len()), (66, 66));
        assert!(writer.commits().commits() < 20, "{:?}", writer.commits());
    }

    #[tokio::test]
    async fn those_who_wait_get_what_is_written_in_their_turn() {
        let (writer, _told) = writer();
        let writer = Arc::new(writer);
        // Each takes one row.
        let take = |scope: Scope| {
            let writer = writer.clone();
            tokio::spawn(async move {
                let look = |conn: &Connection, _: &mut Vec<Event>| {
                    let taken = conn.execute("DELETE FROM t WHERE rowid = (SELECT min(rowid) FROM t)", [])?;
                    Ok((taken > 0).then_some(()))
                };
                writer.wait(scope, look, std::future::pending()).await
            })
        };
        let (first, second) = (take(Scope::All), take(Scope::All));
        // One that has gone takes nothing.
        let gone = take(Scope::All);
        tokio::task::yield_now().await;
        assert_eq!(count(&writer).await, 0);
        gone.abort();
        assert!(gone.await.is_err());
        for _ in 0..3 {
            insert(&writer, 1, false).await.unwrap();
        }
        first.await.unwrap().unwrap().unwrap();
        second.await.unwrap().unwrap().unwrap();
        assert_eq!(count(&writer).await, 1);
        take(Scope::All).await.unwrap().unwrap().unwrap();
        // One that fails is told so, and nobody else.
        let fails = writer.wait(
            Scope::All,
            |_, _| Err::<Option<()>, _>(QueueError::Corrupt { what: "test", why: String::new() }),
            std::future::pending(),
        );
        let (failed, stored) = tokio::join!(fails, insert(&writer, 1, false));
        assert!(matches!(failed, Err(QueueError::Corrupt { .. })) && stored.is_ok());
        assert_eq!(count(&writer).await, 1);
    }

    #[tokio::test]
    async fn a_look_under_way_is_still_answered() {
        let (writer, _told) = writer();
        let none = writer.wait(Scope::All, |_, _| Ok(None::<()>), std::future::ready(())).await;
        assert!(none.unwrap().is_none());
        let (looks, mut looking) = mpsc::channel(1);
        let look = move |conn: &Connection, _: &mut Vec<Event>| {
            looks.blocking_send(()).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(50));
            Ok(Some(conn.execute("INSERT INTO t VALUES (zeroblob(1))", [])?))
        };
        let until = async { looking.recv().await.unwrap() };
        assert_eq!(writer.wait(Scope::All, look, until).await.unwrap(), Some(1));
        assert_eq!(count(&writer).await, 1);
    }

    #[tokio::test]
    async fn a_full_store_refuses_and_recovers() {
        let (writer, told) = writer();
        let limit = |pages: i64| writer.run(move |conn, _| Ok(conn.pragma_update(None, "max_page_count", pages)?));
        insert(&writer, 1, false).await.unwrap();
        limit(20).await.unwrap();
        let done = futures_util::future::join_all((0..20).map(|_| insert(&writer, 20_000, false))).await;
        let stored = done.iter().filter(|done| done.is_ok()).count();
        assert!(done.iter().all(|done| matches!(done, Ok(()) | Err(QueueError::Full(_)))), "{done:?}");
        assert!(stored < done.len());
        // Whoever was told that it was stored finds it so, and nobody else.
        assert_eq!((count(&writer).await, told.lock().unwrap().len()), (1 + stored as i64, 1 + stored));
        limit(10_000).await.unwrap();
        insert(&writer, 20_000, false).await.unwrap();
    }

    #[tokio::test]
    async fn closing_writes_what_waits() {
        let (writer, _told) = writer();
        let (done, ()) = tokio::join!(insert(&writer, 1, false), writer.close());
        done.unwrap();
        assert!(matches!(insert(&writer, 1, false).await, Err(QueueError::Closed)));
        writer.gone().await;
    }
}
