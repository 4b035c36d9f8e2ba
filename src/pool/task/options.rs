//! What a submitter may choose for a task.

use std::time::{Duration, Instant};

use super::super::cancel::Token;
use super::super::handle::Pool;

/// How many lanes there are.
pub(crate) const LANES: usize = 3;

/// Which of a pool's three lanes a task waits in.
///
/// A worker takes from the most urgent lane that has something. A lane that is passed over eight times (`Normal`) or 64
/// times (`Background`) goes first once, so none starves.
///
/// # Examples
///
/// See [`TaskOptions`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lane {
    /// For what somebody waits for: an answer, a frame.
    Latency,
    /// For everything else: the default.
    #[default]
    Normal,
    /// For what may wait.
    Background,
}

impl Lane {
    /// The lanes, most urgent first.
    pub const ALL: [Self; LANES] = [Self::Latency, Self::Normal, Self::Background];
}

/// What a submission does when as many tasks wait in the lane as may.
///
/// Inside a job of a pool, and wherever else a pool's thread runs a user's code, nobody waits for room, because whoever could
/// make it might wait for that thread: there `Wait` and `WaitFor` run the task at once, like `RunHere`. Where 64 tasks
/// run inside of each other so, the closure comes back in the error.
///
/// # Examples
///
/// See [`TaskOptions`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenFull {
    /// The submitter waits for room: the default.
    #[default]
    Wait,
    /// The submitter waits for room as long as this; then the closure comes back in the error.
    WaitFor(Duration),
    /// The closure comes back in the error.
    GiveBack,
    /// The submitter runs the task itself, at once.
    RunHere,
    /// The task that waited longest in the lane is dropped, and counted.
    DropOldest,
    /// The new task is dropped, and counted.
    DropNewest,
}

/// A task that is about to be submitted, and what was chosen for it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use ringmill::Pool;
/// use ringmill::pool::{Lane, TaskError, WhenFull};
///
/// let pool = Pool::new()?;
/// let thumbnail = pool
///     .task()
///     .name("thumbnail")                          // in metrics, traces and errors
///     .lane(Lane::Background)
///     .when_full(WhenFull::GiveBack)
///     .queue_deadline(Duration::from_secs(5))     // not begun by then: never run
///     .run_budget(Duration::from_secs(1))         // asked to stop once it has run for so long
///     .submit(|cx| (0..1000_u64).take_while(|_| !cx.is_stopped()).sum::<u64>())?;
/// match thumbnail.wait() {
///     Ok(sum) => assert_eq!(sum, 499_500),
///     Err(TaskError::Overdue) => println!("too busy"),
///     Err(error) => return Err(error.into()),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until a task is submitted with them"]
pub struct TaskOptions<'p> {
    pub(super) pool: &'p Pool,
    pub(super) name: &'static str,
    pub(super) lane: Lane,
    pub(super) when_full: WhenFull,
    pub(super) worker: Option<usize>,
    /// How long it may wait from its submission on.
    pub(super) queue_deadline: Option<Duration>,
    pub(super) run_budget: Option<Duration>,
    pub(super) token: Option<Token>,
}

/// When something is over that begins now; none if the clock cannot express it.
pub(crate) fn after(duration: Duration) -> Option<Instant> {
    Instant::now().checked_add(duration)
}

impl Pool {
    /// Starts a task that is more than a closure: with a name, a lane, deadlines, a choice for a full lane.
    ///
    /// # Examples
    ///
    /// See [`TaskOptions`].
    pub fn task(&self) -> TaskOptions<'_> {
        TaskOptions {
            pool: self,
            name: "",
            lane: Lane::default(),
            when_full: WhenFull::default(),
            worker: None,
            queue_deadline: None,
            run_budget: None,
            token: None,
        }
    }
}

impl TaskOptions<'_> {
    /// Names the task, for metrics, traces and errors.
    pub fn name(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Chooses the lane that it waits in; [`Lane::Normal`] otherwise.
    pub fn lane(mut self, lane: Lane) -> Self {
        self.lane = lane;
        self
    }

    /// Chooses what happens if the lane is full; [`WhenFull::Wait`] otherwise.
    pub fn when_full(mut self, when_full: WhenFull) -> Self {
        self.when_full = when_full;
        self
    }

    /// Has it run on the pool's thread of this number, 1 to the number of workers, and before what that thread finds in the
    /// lanes. At most 256 tasks wait for one thread, or as many as the lanes hold if that is less.
    pub fn worker(mut self, worker: usize) -> Self {
        self.worker = Some(worker);
        self
    }

    /// Lets it wait for at most so long: not begun by then, it never runs and ends as
    /// [`TaskError::Overdue`](super::TaskError::Overdue).
    pub fn queue_deadline(mut self, duration: Duration) -> Self {
        self.queue_deadline = Some(duration);
        self
    }

    /// Has it stop with this token: not begun by then it never runs, running it is asked to stop. A stopped token's
    /// tasks give way when their turn comes.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::pool::{TaskError, Token};
    ///
    /// let pool = ringmill::Pool::new()?;
    /// let request = Token::new();
    /// request.cancel();
    /// let task = pool.task().token(&request).submit(|_| "too late")?;
    /// assert!(matches!(task.wait(), Err(TaskError::Cancelled)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn token(mut self, token: &Token) -> Self {
        self.token = Some(token.clone());
        self
    }

    /// Asks it to stop once it has run for so long. It sees that in [`Cx::check`](super::Cx::check) and in loops of the
    /// pool; what it returns is delivered nevertheless.
    pub fn run_budget(mut self, duration: Duration) -> Self {
        self.run_budget = Some(duration);
        self
    }
}
