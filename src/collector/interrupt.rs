use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A request to stop that any thread may make and every run obeys: Ctrl-C, in the commands.
///
/// Clones share the request.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// One that nobody has requested yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requests the stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the stop has been requested.
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Requests the stop on Ctrl-C, on termination and when the terminal is closed; a second signal ends the program at once with code 130.
    ///
    /// # Errors
    /// If the operating system refuses the handlers.
    #[cfg(unix)]
    pub fn on_signals(&self) -> std::io::Result<()> {
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
            // The order matters: the first handler sees the flag as the second has left it at the previous signal.
            signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&self.0))?;
            signal_hook::flag::register(signal, Arc::clone(&self.0))?;
        }
        Ok(())
    }
}
