use std::fs;

use tempfile::TempDir;

use super::*;
use crate::collector::CountersAvailable;
use crate::model::Environment;
use crate::testing;
use crate::words::checkup::brief;

/// A tree of `/proc` and `/sys` that a test makes up.
struct Made(TempDir);

impl Made {
    /// An idle machine with four processors on two cores, which a test then changes.
    fn idle() -> Self {
        let made = Self(tempfile::tempdir().unwrap());
        made.write("proc/stat", "cpu  1000 0 500 98500 100 0 0 0 0 0\ncpu0 1 1 1 1\n");
        made.write("proc/loadavg", "0.02 0.10 0.05 1/200 4711\n");
        made.write("proc/self/status", "Name:\tforc-perf\nCpus_allowed_list:\t0-3\n");
        made.write("proc/self/cgroup", "0::/user.slice/session.scope\n");
        made.write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
        made.write("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vme\n");
        made.memory(16 << 20, 12 << 20);
        for cpu in 0..4 {
            let folder = format!("sys/devices/system/cpu/cpu{cpu}");
            made.write(&format!("{folder}/topology/core_cpus_list"), if cpu % 2 == 0 { "0,2" } else { "1,3" });
            made.write(&format!("{folder}/cpufreq/scaling_governor"), "performance\n");
            made.write(&format!("{folder}/cpufreq/scaling_min_freq"), "800000\n");
            made.write(&format!("{folder}/cpufreq/scaling_max_freq"), "4200000\n");
        }
        made
    }

    fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Kibibytes, as the kernel writes them.
    fn memory(&self, total: u64, available: u64) -> &Self {
        let text = format!(
            "MemTotal: {total} kB\nMemAvailable:  {available} kB\nSwapTotal: 1048576 kB\nSwapFree: 1048576 kB\n"
        );
        self.write("proc/meminfo", &text)
    }

    fn examine(&self) -> Vec<Check> {
        examine(self.0.path(), Duration::ZERO)
    }

    /// The check of a topic.
    #[track_caller]
    fn check(&self, topic: &str) -> Check {
        let checks = self.examine();
        let known: Vec<&str> = checks.iter().map(|check| check.topic.as_str()).collect();
        checks
            .iter()
            .find(|check| check.topic == topic)
            .unwrap_or_else(|| panic!("{topic} is none of {known:?}"))
            .clone()
    }

    #[track_caller]
    fn assert(&self, topic: &str, severity: Severity, value: &str) {
        let check = self.check(topic);
        assert_eq!((check.severity, check.value.as_str()), (severity, value), "{check:?}");
    }
}

#[test]
fn an_idle_machine_has_no_warning() {
    let checks = Made::idle().examine();
    assert!(checks.iter().all(|check| check.severity <= Severity::Note), "{checks:?}");
    assert_eq!(useless(&checks).count(), 0);
}

#[test]
fn only_processors_that_may_be_used_are_counted_and_cores_are_recognized() {
    let made = Made::idle();
    made.assert("processors", Severity::Fine, "4 processors on 2 cores");
    made.assert("hyper-threads", Severity::Note, "on");
    // The two threads of one core.
    made.write("proc/self/status", "Cpus_allowed_list: 0,2\n");
    made.assert("processors", Severity::Warning, "2 processors on 1 core");
    made.write("proc/self/status", "Cpus_allowed_list: 3\n");
    made.assert("processors", Severity::Warning, "1 processor");
    // If nothing is known about the process, all that are online.
    made.write("proc/self/status", "Name: x\n").write("sys/devices/system/cpu/online", "0-1\n");
    made.write("sys/devices/system/cpu/cpu0/topology/core_cpus_list", "0");
    made.write("sys/devices/system/cpu/cpu1/topology/core_cpus_list", "1");
    made.assert("processors", Severity::Fine, "2 processors on 2 cores");
    made.assert("hyper-threads", Severity::Fine, "off");
}

#[test]
fn there_is_a_warning_about_a_frequency_that_depends_on_the_load() {
    let made = Made::idle();
    made.assert("governor", Severity::Fine, "performance");
    made.assert("frequency", Severity::Fine, "0.80 to 4.20 GHz");
    made.write("sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "schedutil");
    made.assert("governor", Severity::Warning, "performance, schedutil");
    // One file is 1 if turbo is off, the other if it is on.
    made.write("sys/devices/system/cpu/cpufreq/boost", "1");
    made.assert("turbo", Severity::Note, "on");
    made.write("sys/devices/system/cpu/intel_pstate/no_turbo", "1");
    made.assert("turbo", Severity::Fine, "off");
}

#[test]
fn there_are_warnings_about_load_and_pressure() {
    let made = Made::idle();
    made.assert("load average", Severity::Fine, "0.02, 0.10, 0.05 over 1, 5, 15 min");
    made.write("proc/loadavg", "1.50 1 1 1/2 3\n").assert(
        "load average",
        Severity::Note,
        "1.50, 1.00, 1.00 over 1, 5, 15 min",
    );
    made.write("proc/loadavg", "4.00 1 1 1/2 3\n");
    assert_eq!(made.check("load average").severity, Severity::Warning);
    made.write("proc/pressure/cpu", "some avg10=3.00 avg60=0.00 avg300=0.00 total=1\n");
    made.assert("pressure", Severity::Fine, "processors 3.0 %");
    made.write("proc/pressure/memory", "some avg10=1.50 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00\n");
    let pressure = made.check("pressure");
    assert_eq!(pressure.severity, Severity::Warning);
    assert!(pressure.meaning.contains("wait for memory in"), "{pressure:?}");
}

/// The checks of a machine with two processors that was watched for a second.
fn watched(busy: u64, stolen: u64) -> Vec<Check> {
    let made = Made::idle();
    made.write("proc/self/status", "Cpus_allowed_list: 0-1\n");
    let ms = Duration::from_millis;
    let now = Times { busy: ms(busy), idle: ms(2000 - busy - stolen), stolen: ms(stolen) };
    checks(&Tree::new(made.0.path()), Some(now), Some(Times { idle: Duration::from_secs(1000), ..Times::default() }))
}

#[test]
fn the_load_of_other_programs_is_seen_between_two_readings() {
    let of = |checks: &[Check], topic: &str| {
        let check = checks.iter().find(|check| check.topic == topic).unwrap();
        (check.severity, check.value.clone())
    };
    assert_eq!(of(&watched(100, 0), "load now"), (Severity::Fine, "0.10 of 2 busy".to_owned()));
    assert_eq!(of(&watched(900, 0), "load now"), (Severity::Warning, "0.90 of 2 busy".to_owned()));
    let full = watched(1990, 0);
    assert_eq!(of(&full, "load now").0, Severity::Useless);
    assert_eq!(useless(&full).count(), 1);
    assert_eq!(of(&watched(0, 1), "steal time").0, Severity::Fine);
    assert_eq!(of(&watched(0, 10), "steal time").0, Severity::Note);
    assert_eq!(of(&watched(0, 100), "steal time").0, Severity::Warning);
    assert_eq!(of(&watched(0, 600), "steal time").0, Severity::Useless);
}

#[test]
fn time_stolen_since_the_start_counts_too() {
    let made = Made::idle();
    made.write("proc/stat", "cpu  1000 0 500 93500 100 0 0 5000 0 0\n");
    made.assert("steal time", Severity::Warning, "5.0 % since the start");
}

#[test]
fn the_tightest_limit_of_version_2_is_found_on_the_way_up() {
    let made = Made::idle();
    made.assert("cgroup CPU limit", Severity::Fine, "none");
    made.assert("cgroup memory limit", Severity::Fine, "none");
    made.write("sys/fs/cgroup/user.slice/session.scope/cpu.max", "max 100000\n");
    made.write("sys/fs/cgroup/user.slice/cpu.max", "150000 100000\n");
    made.assert("cgroup CPU limit", Severity::Warning, "1.50 of 4 processors");
    made.write("sys/fs/cgroup/user.slice/session.scope/cpu.max", "50000 100000\n");
    made.assert("cgroup CPU limit", Severity::Useless, "0.50 of 4 processors");
    made.write("sys/fs/cgroup/user.slice/memory.max", "max\n")
        .write("sys/fs/cgroup/user.slice/memory.high", "1073741824\n");
    made.assert("cgroup memory limit", Severity::Warning, "1.00 GiB");
}

#[test]
fn limits_of_version_1_are_found_by_the_names_of_their_controllers() {
    let made = Made::idle();
    fs::remove_file(made.0.path().join("sys/fs/cgroup/cgroup.controllers")).unwrap();
    made.write("proc/self/cgroup", "4:memory:/docker/1\n3:cpu,cpuacct:/docker/1\n1:name=systemd:/\n");
    made.write("sys/fs/cgroup/cpu,cpuacct/tasks", "1\n");
    let cpu = "sys/fs/cgroup/cpu,cpuacct/docker/1";
    made.write(&format!("{cpu}/cpu.cfs_period_us"), "100000").write(&format!("{cpu}/cpu.cfs_quota_us"), "-1");
    made.assert("cgroup CPU limit", Severity::Fine, "none");
    made.write(&format!("{cpu}/cpu.cfs_quota_us"), "250000");
    made.assert("cgroup CPU limit", Severity::Note, "2.50 of 4 processors");
    let memory = "sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes";
    made.write(memory, "9223372036854771712");
    made.assert("cgroup memory limit", Severity::Fine, "none");
    made.write(memory, "8589934592");
    made.assert("cgroup memory limit", Severity::Fine, "8.00 GiB");
}

#[test]
fn there_are_warnings_about_too_little_memory() {
    let made = Made::idle();
    made.assert("free memory", Severity::Fine, "12.0 GiB of 16.0 GiB");
    assert_eq!(made.memory(4 << 20, 2 << 20).check("free memory").severity, Severity::Note);
    assert_eq!(made.memory(4 << 20, 1 << 20).check("free memory").severity, Severity::Warning);
    made.assert("swap", Severity::Fine, "not in use");
    made.write("proc/meminfo", "MemAvailable: 1 kB\nSwapTotal: 1048576 kB\nSwapFree: 524288 kB\n");
    made.assert("swap", Severity::Note, "512 MiB of 1.00 GiB in use");
    made.write("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
    made.assert("huge pages", Severity::Note, "always");
    made.write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    made.assert("huge pages", Severity::Fine, "madvise");
}

#[test]
fn a_hypervisor_is_seen_and_named() {
    let made = Made::idle();
    made.assert("virtual machine", Severity::Fine, "no hypervisor seen");
    made.write("proc/cpuinfo", "flags\t\t: fpu hypervisor vme\n").write("sys/class/dmi/id/sys_vendor", "QEMU\n");
    made.assert("virtual machine", Severity::Note, "yes (QEMU)");
}

#[test]
fn what_cannot_be_seen_is_named() {
    let made = Made::idle();
    let unseen = made.check("not visible").value;
    assert_eq!(unseen, "load now, pressure, turbo, huge pages");
    let empty = Made(tempfile::tempdir().unwrap());
    let checks = empty.examine();
    assert_eq!((checks.len(), checks[0].severity), (1, Severity::Note));
    assert!(checks[0].meaning.contains("no /proc"), "{checks:?}");
}

#[test]
fn no_content_makes_the_examination_fail() {
    let files = [
        "proc/loadavg",
        "proc/self/status",
        "proc/self/cgroup",
        "proc/meminfo",
        "proc/cpuinfo",
        "proc/pressure/cpu",
        "sys/devices/system/cpu/online",
        "sys/devices/system/cpu/cpu0/topology/core_cpus_list",
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq",
        "sys/devices/system/cpu/cpufreq/boost",
        "sys/kernel/mm/transparent_hugepage/enabled",
        "sys/fs/cgroup/user.slice/cpu.max",
        "sys/fs/cgroup/user.slice/memory.max",
    ];
    let texts = [
        "",
        "\0\0\0",
        "-1",
        "99999999999999999999999",
        "5-1,0-18446744073709551615,x-,-",
        "]always[ [",
        "0 0",
        "nan inf -inf 1/1",
        "::::\n0::/../../..\n:",
        "Cpus_allowed_list: 0-99999999\nMemAvailable: 18446744073709551615 kB\nSwapTotal: 1 kB\nSwapFree: 9 kB\nflags: \u{0}",
        "some avg10=inf",
    ];
    for file in files {
        for text in texts {
            let made = Made::idle();
            made.write(file, text);
            let checks = made.examine();
            assert!(!checks.is_empty(), "{file}: {text:?}");
        }
    }
    // A folder in a file's place.
    let made = Made::idle();
    fs::remove_file(made.0.path().join("proc/loadavg")).unwrap();
    fs::create_dir(made.0.path().join("proc/loadavg")).unwrap();
    assert!(made.check("not visible").value.contains("load average"));
}

#[test]
fn the_reason_for_missing_counters_is_reported() {
    let available = |hardware, reason: Option<&str>| CountersAvailable {
        hardware,
        software: true,
        reason: reason.map(str::to_owned),
    };
    let missing = counters::check(&available(false, Some("this machine has no hardware counters")));
    assert_eq!((missing.severity, missing.meaning.as_str()), (Severity::Note, "this machine has no hardware counters"));
    assert_eq!(counters::check(&available(true, None)).severity, Severity::Fine);
}

fn environment(checks: Vec<Check>) -> Environment {
    Environment { checks, ..testing::report(1).environment }
}

fn found(severity: Severity, count: usize) -> impl Iterator<Item = Check> {
    (0..count).map(move |number| check(&format!("{} {number}", severity.name()), "bad", severity, "it means something"))
}

#[test]
fn the_short_form_has_five_lines_at_most_and_the_worst_first() {
    let lines = |useless, warnings, notes| {
        let fine = [check("processors", "4 processors", Severity::Fine, "enough")];
        let checks = fine.into_iter().chain(found(Severity::Note, notes));
        let checks = checks.chain(found(Severity::Warning, warnings)).chain(found(Severity::Useless, useless));
        brief(&environment(checks.collect()))
    };
    let quiet = lines(0, 0, 0);
    assert_eq!(quiet.len(), 1);
    assert!(quiet[0].starts_with("machine: ") && quiet[0].contains("4 processors"), "{quiet:?}");
    let two = lines(0, 1, 5);
    assert_eq!(two.len(), 4, "{two:?}");
    assert!(
        two[1].starts_with("warning: warning 0 bad: it means something") && two[2].starts_with("note: "),
        "{two:?}"
    );
    assert_eq!(lines(0, 4, 5).len(), 5);
    assert!(lines(0, 4, 5).iter().skip(1).all(|line| line.starts_with("warning: ")));
    let many = lines(1, 5, 5);
    assert_eq!(many.len(), 5);
    assert!(
        many[1].starts_with("useless: ") && many[4] == "and 3 more warnings: `forc-perf doctor` has them all",
        "{many:?}"
    );
}
