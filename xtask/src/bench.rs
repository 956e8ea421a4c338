//! A realistic layer made of files of this machine, inflated and scanned in
//! one run: ratios are comparable, absolute times are the machine's.

use anyhow::{Context, Result, ensure};
use clap::Args;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Megabytes of files to put into the layer, at least
    #[arg(long, default_value_t = 512)]
    megabytes: u64,

    /// Folder whose files make the layer
    #[arg(long, default_value = "/usr")]
    root: PathBuf,

    /// Times that each step is repeated; the best counts
    #[arg(long, default_value_t = 3)]
    rounds: u32,
}

pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    let folder = tempfile::tempdir()?;
    let layout = folder.path().join("layout");
    let (stored, size) = layout_of(arguments, &layout)?;
    println!(
        "layer        {} MB of files, {} MB as gzip",
        size >> 20,
        stored.metadata()?.len() >> 20
    );

    let packed = fs::read(&stored)?;
    let size = usize::try_from(size)?;
    let libdeflate = best(arguments.rounds, || {
        let mut out = vec![0; size];
        let mut inflater = libdeflater::Decompressor::new();
        inflater
            .gzip_decompress(&packed, &mut out)
            .context("libdeflate")?;
        Ok(())
    })?;
    let stream = best(arguments.rounds, || {
        std::io::copy(
            &mut flate2::read::GzDecoder::new(packed.as_slice()),
            &mut std::io::sink(),
        )?;
        Ok(())
    })?;
    drop(packed);
    println!(
        "inflate      {} (libdeflate, whole buffer)",
        show(libdeflate, size)
    );
    println!("inflate      {} (zlib-rs, stream)", show(stream, size));

    let program = program()?;
    let cache = folder.path().join("cache");
    let data = folder.path().join("data");
    let scan = || {
        let mut command = Command::new(&program);
        command
            .args(["scan", "--offline", "-o", "json"])
            .arg(format!("oci-dir:{}", layout.display()))
            .arg("--cache-dir")
            .arg(&cache)
            .arg("--data-dir")
            .arg(&data);
        measured(&mut command)
    };
    let mut cold = Duration::MAX;
    let mut peak = 0;
    for _ in 0..arguments.rounds {
        let _ = fs::remove_dir_all(&cache);
        let (time, memory) = scan()?;
        cold = cold.min(time);
        peak = peak.max(memory);
    }
    let mut warm = Duration::MAX;
    for _ in 0..arguments.rounds {
        warm = warm.min(scan()?.0);
    }
    let start = (0..arguments.rounds.max(5))
        .map(|_| measured(Command::new(&program).arg("--version")).map(|(time, _)| time))
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .min()
        .unwrap_or_default();
    println!("cold scan    {}", show(cold, size));
    println!(
        "ratio        {:.2} x libdeflate, {:.2} x zlib-rs",
        ratio(cold, libdeflate),
        ratio(cold, stream)
    );
    println!("peak memory  {} MB", peak >> 10);
    println!(
        "second scan  {:.0} ms, layer known",
        warm.as_secs_f64() * 1e3
    );
    println!("start        {:.1} ms", start.as_secs_f64() * 1e3);
    println!(
        "binary       {:.1} MB",
        fs::metadata(&program)?.len() as f64 / 1e6
    );
    Ok(true)
}

fn best(rounds: u32, mut step: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..rounds {
        let start = Instant::now();
        step()?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}

fn show(time: Duration, size: usize) -> String {
    format!(
        "{:.2} s, {:.0} MB/s",
        time.as_secs_f64(),
        size as f64 / 1e6 / time.as_secs_f64()
    )
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

/// The release build of the command.
pub(crate) fn program() -> Result<PathBuf> {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--package", "plimsoll"])
        .stdin(Stdio::null())
        .status()?;
    ensure!(status.success(), "the release build failed");
    let here = std::env::current_exe()?;
    Ok(here.with_file_name("plimsoll"))
}

/// Wall time and the highest resident size seen, in kilobytes.
fn measured(command: &mut Command) -> Result<(Duration, u64)> {
    measured_to(command, None)
}

/// The same, with what the command prints written to a file.
pub(crate) fn measured_to(command: &mut Command, out: Option<&Path>) -> Result<(Duration, u64)> {
    let out = match out {
        Some(path) => Stdio::from(fs::File::create(path)?),
        None => Stdio::null(),
    };
    let start = Instant::now();
    let mut child = command.stdout(out).stderr(Stdio::null()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        if let Ok(text) = fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let memory = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
            peak = peak.max(memory.unwrap_or(0));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok((start.elapsed(), peak))
}

/// Writes an OCI layout of one gzip layer; gives the blob and its inflated size.
fn layout_of(arguments: &Arguments, layout: &Path) -> Result<(PathBuf, u64)> {
    let blobs = layout.join("blobs/sha256");
    fs::create_dir_all(&blobs)?;
    let list = tempfile::NamedTempFile::new()?;
    let bytes = choose(&arguments.root, arguments.megabytes << 20, list.as_file())?;
    ensure!(
        bytes >= arguments.megabytes << 20,
        "`{}` holds only {} MB; name another folder with --root",
        arguments.root.display(),
        bytes >> 20
    );
    let mut tar = Command::new("tar")
        .args([
            "--create",
            "--no-recursion",
            "--null",
            "--ignore-failed-read",
            "--files-from",
        ])
        .arg(list.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("tar")?;
    let mut input = tar.stdout.take().context("tar has no output")?;
    let blob = layout.join("layer");
    let mut packer = GzEncoder::new(fs::File::create(&blob)?, flate2::Compression::default());
    let mut hash = Sha256::new();
    let mut size = 0;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let length = input.read(&mut buffer)?;
        if length == 0 {
            break;
        }
        hash.update(&buffer[..length]);
        packer.write_all(&buffer[..length])?;
        size += length as u64;
    }
    packer.finish()?;
    tar.wait()?;
    let layer = store(&blobs, &fs::read(&blob)?)?;
    fs::remove_file(&blob)?;
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":["sha256:{}"]}},"history":[]}}"#,
        hex(&hash.finalize())
    );
    let config = store(&blobs, config.as_bytes())?;
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{},"layers":[{}]}}"#,
        descriptor("application/vnd.oci.image.config.v1+json", &config)?,
        descriptor("application/vnd.oci.image.layer.v1.tar+gzip", &layer)?,
    );
    let manifest = store(&blobs, manifest.as_bytes())?;
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{}]}}"#,
        descriptor("application/vnd.oci.image.manifest.v1+json", &manifest)?
    );
    fs::write(layout.join("index.json"), index)?;
    fs::write(
        layout.join("oci-layout"),
        r#"{"imageLayoutVersion":"1.0.0"}"#,
    )?;
    Ok((layer, size))
}

fn store(blobs: &Path, bytes: &[u8]) -> Result<PathBuf> {
    let path = blobs.join(hex(&Sha256::digest(bytes)));
    fs::write(&path, bytes)?;
    Ok(path)
}

fn descriptor(media_type: &str, blob: &Path) -> Result<String> {
    let name = blob
        .file_name()
        .and_then(|name| name.to_str())
        .context("blob name")?;
    let size = fs::metadata(blob)?.len();
    Ok(format!(
        r#"{{"mediaType":"{media_type}","digest":"sha256:{name}","size":{size}}}"#
    ))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lists files below `root`, NUL-separated, until they hold `wanted` bytes.
fn choose(root: &Path, wanted: u64, mut list: &fs::File) -> Result<u64> {
    let mut pending = vec![root.to_owned()];
    let mut bytes = 0;
    while let Some(folder) = pending.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        let mut entries: Vec<_> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        entries.sort();
        for path in entries {
            let Ok(kind) = fs::symlink_metadata(&path) else {
                continue;
            };
            list.write_all(path.as_os_str().as_encoded_bytes())?;
            list.write_all(b"\0")?;
            if kind.is_dir() {
                pending.push(path);
            } else if kind.is_file() {
                bytes += kind.len();
                if bytes > wanted {
                    return Ok(bytes);
                }
            }
        }
    }
    Ok(bytes)
}
