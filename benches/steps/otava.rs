//! Apache Otava on the same series.

use std::fmt::Write as _;
use std::process::Command;

use crate::figures::Error;
use crate::series::Series;

/// The p-values tried: Otava's default first.
pub const P_VALUES: [f64; 7] = [1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 1e-6, 1e-7];

/// Reads one series a line, and writes its change points, one line for each p-value.
const JUDGE: &str = "
import sys
from otava.analysis import compute_change_points
for line in open(sys.argv[1]):
    values = [float(value) for value in line.split(',')]
    for p in sys.argv[2:]:
        points, _ = compute_change_points(list(values), max_pvalue=float(p))
        print(*[int(point.index) for point in points])
";

/// Which version `python3` has.
pub fn version() -> Result<String, Error> {
    python(&["-c", "import otava.analysis, importlib.metadata as m; print(m.version('apache-otava'))"])
        .map(|version| version.trim().to_owned())
}

fn python(args: &[&str]) -> Result<String, Error> {
    let output = Command::new("python3").args(args).output().map_err(|error| format!("python3: {error}"))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(stderr.trim().lines().last().unwrap_or("python3 failed").to_owned().into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The change points of each series at each of these p-values; `None` without Otava.
pub fn judge(series: &[&Series], p_values: &[f64]) -> Result<Option<Vec<Vec<Vec<usize>>>>, Error> {
    if version().is_err() {
        return Ok(None);
    }
    let folder = tempfile::tempdir()?;
    let levels: Vec<String> = p_values.iter().map(f64::to_string).collect();
    // Half of them for each of two interpreters.
    let parts: Vec<&[&Series]> = series.chunks(series.len().div_ceil(2).max(1)).collect();
    let outputs: Vec<Result<String, String>> = std::thread::scope(|scope| {
        let workers: Vec<_> = parts
            .iter()
            .enumerate()
            .map(|(number, part)| {
                let path = folder.path().join(format!("{number}.csv"));
                let levels = &levels;
                scope.spawn(move || {
                    std::fs::write(&path, csv(part)).map_err(|error| error.to_string())?;
                    let path = path.display().to_string();
                    let args: Vec<&str> =
                        ["-c", JUDGE, &path].into_iter().chain(levels.iter().map(String::as_str)).collect();
                    python(&args).map_err(|error| error.to_string())
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut all = Vec::new();
    for output in outputs {
        for line in output?.lines() {
            all.push(line.split_whitespace().map(str::parse).collect::<Result<Vec<usize>, _>>()?);
        }
    }
    if all.len() != series.len() * p_values.len() {
        return Err("Otava answered for another number of series".into());
    }
    Ok(Some(all.chunks(p_values.len()).map(<[_]>::to_vec).collect()))
}

fn csv(series: &[&Series]) -> String {
    let mut text = String::new();
    for one in series {
        for (index, point) in one.points.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            // Writing to a string does not fail.
            let _ = write!(text, "{comma}{}", point.level);
        }
        text.push('\n');
    }
    text
}
