//! How a run can fail, and what comes back with the failure.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::outcome::AnyError;
use crate::memory::Value;
use crate::pool::LoopError;
use crate::ring::Buffer;

/// Says why a run of a pipeline did not come to its end.
///
/// Every other buffer is back in its ring by then.
///
/// # Examples
///
/// ```
/// use ringmill::pipeline::{Flow, Pipeline, PipelineError};
/// use ringmill::{Pool, Ring};
///
/// let (pool, ring) = (Pool::new()?, Ring::<u8>::builder().buffers(4).buffer_len(16).build()?);
/// let failure = Pipeline::over(&ring)
///     .source("read", |buffer| {
///         buffer.fill(b'7');
///         Flow::More
///     })
///     .stage("check", |buffer| if buffer[0] == b'7' { Err("a seven") } else { Ok(()) })
///     .sink("write", |_| ())
///     .run(&pool)
///     .unwrap_err();
/// assert_eq!(failure.to_string(), "stage \"check\" failed: a seven");
/// let buffer = failure.into_buffer::<u8>().expect("it comes with the failure");
/// assert_eq!(buffer[..], [b'7'; 16]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum PipelineError {
    /// The closure of a stage, or of the source or the sink, returned an error.
    Failed {
        /// The stage's name.
        stage: String,
        /// What it returned.
        error: AnyError,
        /// The buffer that it was at, as it left it.
        buffer: AnyBuffer,
    },
    /// The closure of a stage, or of the source or the sink, panicked.
    Panicked {
        /// The stage's name.
        stage: String,
        /// What it panicked with.
        panic: Panic,
        /// The buffer that it was at, as it left it.
        buffer: AnyBuffer,
    },
    /// Somebody [cancelled](super::Canceller) the run before all was done.
    Cancelled,
    /// A ring had no free buffer when the run was to start, or was closed. Nothing ran.
    NoBuffer,
    /// The pool could not run it, and nothing ran; or the [`Token`](crate::pool::Token) of its caller was stopped.
    Pool(LoopError),
}

impl PipelineError {
    /// Returns the name of the stage that failed or panicked.
    pub fn stage(&self) -> Option<&str> {
        match self {
            Self::Failed { stage, .. } | Self::Panicked { stage, .. } => Some(stage),
            _ => None,
        }
    }

    /// Returns the buffer that the stage was at, if it is one of `T`; else the buffer goes back to its ring.
    ///
    /// # Examples
    ///
    /// See [`PipelineError`].
    pub fn into_buffer<T: Value>(self) -> Option<Buffer<T>> {
        match self {
            Self::Failed { buffer, .. } | Self::Panicked { buffer, .. } => buffer.downcast().ok(),
            _ => None,
        }
    }
}

impl fmt::Display for PipelineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { stage, error, .. } => write!(f, "stage {stage:?} failed: {error}"),
            Self::Panicked { stage, panic, .. } => write!(f, "stage {stage:?} panicked: {panic}"),
            Self::Cancelled => f.write_str("the pipeline was cancelled"),
            Self::NoBuffer => f.write_str("a ring of the pipeline has no free buffer to start with"),
            Self::Pool(error) => error.fmt(f),
        }
    }
}

impl Error for PipelineError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed { error, .. } => Some(&**error),
            Self::Pool(error) => Some(error),
            _ => None,
        }
    }
}

impl From<LoopError> for PipelineError {
    fn from(error: LoopError) -> Self {
        Self::Pool(error)
    }
}

/// A buffer of a type that is known to whoever asks for it.
///
/// Dropping it gives the buffer back to its ring.
#[must_use = "dropping a buffer gives it back to its ring"]
pub struct AnyBuffer(Box<dyn Any + Send + Sync>);

impl AnyBuffer {
    pub(super) fn new<T: Value>(buffer: Buffer<T>) -> Self {
        Self(Box::new(buffer))
    }

    /// Returns the buffer, if its elements are `T`.
    ///
    /// # Errors
    ///
    /// The handle itself, if they are of another type.
    pub fn downcast<T: Value>(self) -> Result<Buffer<T>, Self> {
        self.0.downcast().map(|buffer| *buffer).map_err(Self)
    }
}

impl fmt::Debug for AnyBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyBuffer(..)")
    }
}

/// What a closure panicked with.
///
/// It prints the message, if the panic had one.
pub struct Panic {
    // A payload may be shared by no threads; behind the lock it need not be.
    payload: Mutex<Box<dyn Any + Send>>,
    message: String,
}

impl Panic {
    pub(super) fn new(payload: Box<dyn Any + Send>) -> Self {
        let message = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
            (Some(message), _) => (*message).to_owned(),
            (_, Some(message)) => message.clone(),
            _ => "something that is no message".to_owned(),
        };
        Self { payload: Mutex::new(payload), message }
    }

    /// Returns the payload, for [`std::panic::resume_unwind`].
    pub fn into_payload(self) -> Box<dyn Any + Send> {
        self.payload.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Panic").field(&self.message).finish()
    }
}
