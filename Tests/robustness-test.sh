#!/bin/bash
# What happens to vmir-run when its surroundings fail, and in a long run: each case has its outcome.
#
# robustness-test.sh BIN MODEL [PICTURE_COUNT]
#   BIN            folder with the tools
#   MODEL          a .vmir file
#   PICTURE_COUNT  pictures of the long run (default: 1000)
set -u

if [ $# -lt 2 ]; then
  echo "usage: robustness-test.sh BIN MODEL [PICTURE_COUNT]" >&2
  exit 64
fi
bin=$(cd "$1" && pwd) model=$(readlink -f "$2") count=${3:-1000}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 70
trap 'umount "$work/disk" 2>/dev/null; chmod -R u+w "$work"; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
. "$here/checks.sh"
cd "$work" || exit 70
fixture=$here/Fixtures/png/PngSuite/basn2c08.png
cp "$fixture" a.png

# ends STATUS COMMAND...: with this status, and a line on stderr where that is not 0.
ends() {
  wanted=$1
  shift
  "$@" >out 2>err
  found=$?
  [ "$found" -eq "$wanted" ] && { [ "$found" -eq 0 ] || [ -s err ]; } && return 0
  echo "  status $found instead of $wanted: $(cat err)"
  return 1
}
run() { timeout 300 "$bin/vmir-run" "$model" "$@"; }
limited() { (ulimit "$1" "$2" && shift 2 && run "$@"); }
# whole FOLDER: every file in it is a whole PNG and none is hidden.
whole() {
  for file in "$1"/* "$1"/.[!.]*; do
    [ -e "$file" ] || continue
    [ "$(tail -c 8 "$file" | head -c 4)" = IEND ] || { echo "  $file is not whole"; return 1; }
  done
}

# Long runs: memory stays as it is after the first pictures, and so do open files.
mkdir many
for i in $(seq "$count"); do cp a.png "many/$i.png"; done
"$bin/vmir-run" "$model" many -o many-out -q &
process=$!
first=0 last=0 files=0
while kill -0 $process 2>/dev/null; do
  resident=$(awk '/VmRSS/ { print $2 }' /proc/$process/status 2>/dev/null)
  open=$(ls /proc/$process/fd 2>/dev/null | wc -l)
  done=$(ls many-out 2>/dev/null | wc -l)
  if [ -n "${resident:-}" ] && [ "$done" -gt 50 ]; then
    [ $first -gt 0 ] || first=$resident
    [ "$resident" -le "$last" ] || last=$resident
    [ "$open" -le "$files" ] || files=$open
  fi
  sleep 0.05
done
wait $process
check "a long run ends well" [ $? -eq 0 ]
check "every picture of a long run is restored" [ "$(ls many-out | wc -l)" -eq "$count" ]
check "memory of a long run stays flat ($first KB, at most $last KB)" \
  [ "$last" -le $((first + 4096)) ]
check "a long run has few files open ($files)" [ "$files" -le 16 ]

# Ends by signals at any moment leave whole results only, and the next run makes the rest.
for signal in KILL INT TERM HUP; do
  for delay in 0.02 0.06 0.15 0.4; do
    "$bin/vmir-run" "$model" many -o "by-$signal" -q --skip-existing &
    process=$!
    sleep $delay
    kill -$signal $process 2>/dev/null
    wait $process 2>/dev/null
    status=$?
    # It ended by the signal, or had ended well before.
    check "SIG$signal after $delay s ends it (status $status)" \
      [ $status -eq 0 -o $status -eq $((128 + $(kill -l $signal))) ]
  done
  [ -d "by-$signal" ] || continue
  check "SIG$signal leaves whole files only" whole "by-$signal"
done
run many -o by-KILL -q --skip-existing
check "the next run makes the rest" [ "$(ls by-KILL | wc -l)" -eq "$count" ]
check "nothing hidden is left" whole by-KILL

# Limits.
check "a file that may not grow is an error of writing" \
  ends 74 limited -f 1 a.png -o limited.png --overwrite
check "and leaves nothing" [ ! -e limited.png ]
convert() { timeout 300 "$bin/vmir-convert" "$here/../Models/sr4-tiny/sr4-tiny.pth" "$@"; }
limited_convert() { (ulimit -f 1 && convert "$@"); }
check "the same of a model file" ends 74 limited_convert -o limited.vmir
check "which leaves nothing either" [ -z "$(ls -A | grep limited)" ]
# Below 100 MB the loader and the constructors of libraries fail already.
for space in 120000 200000 400000; do
  limited -v $space a.png -o limited.png --overwrite --threads 2 >out 2>err
  status=$?
  check "an address space of $space KB is enough or an error (status $status)" \
    [ $status -eq 0 -o $status -eq 69 -o $status -eq 70 ]
  rm -f limited.png
done

# Limits of a control group, where this system lets us make one (version 1 or 2).
# in_group CONTROLLER FILE VALUE COMMAND...
in_group() {
  group=/sys/fs/cgroup/$1/vmir-test
  [ -d "/sys/fs/cgroup/$1" ] || group=/sys/fs/cgroup/vmir-test
  mkdir "$group" 2>/dev/null && echo "$3" 2>/dev/null >"$group/$2" ||
    { rmdir "$group" 2>/dev/null; return 99; }
  shift 3
  (echo "$BASHPID" >"$group/cgroup.procs" && "$@")
  group_status=$?
  rmdir "$group"
  return $group_status
}
threads_of() { run a.png -o group.png --overwrite -v 2>&1 | grep -o '[0-9]* threads'; }
quota=cpu.max value="50000 100000"
[ ! -d /sys/fs/cgroup/cpu ] || quota=cpu.cfs_quota_us value=50000
found=$(in_group cpu $quota "$value" threads_of)
if [ $? -ne 99 ]; then
  check "half a processor is one thread ($found)" [ "$found" = "1 threads" ]
else
  echo "note: no right to make control groups; CPU quotas are not tried"
fi
limit=memory.max
[ ! -d /sys/fs/cgroup/memory ] || limit=memory.limit_in_bytes
for size in 40000000 100000000; do
  in_group memory $limit $size run a.png -o group.png --overwrite -q >out 2>err
  status=$?
  [ $status -ne 99 ] || { echo "note: memory of control groups is not tried"; break; }
  check "a memory limit of $size bytes is enough or an error (status $status)" \
    [ $status -eq 0 -o $status -eq 69 -o $status -eq 70 ]
done

# A full disk.
mkdir disk
if mount -t tmpfs -o size=8k tmpfs disk 2>/dev/null; then
  check "a full disk is an error of writing" ends 74 run a.png -o disk/a.png
  check "and leaves nothing there" [ -z "$(ls -A disk)" ]
  check "the same of a model file" ends 74 convert -o disk/a.vmir
  check "which leaves nothing either" [ -z "$(ls -A disk)" ]
  umount disk
else
  echo "note: no right to mount; a full disk is not tried"
fi

# Folders that can't be written.
mkdir closed
chmod 500 closed
if [ -w closed ]; then
  mount -t tmpfs -o ro tmpfs closed 2>/dev/null || true
fi
if ! touch closed/x 2>/dev/null; then
  check "a folder that may not be written is an error" ends 74 run a.png -o closed/a.png
else
  echo "note: root may write everywhere; a folder that may not be written is not tried"
fi
umount closed 2>/dev/null

# Closed descriptors: the picture is right, a report that is lost an error.
run a.png -o right.png -q
for closed in 0 1 2; do
  eval "run a.png -o closed-$closed.png -q $closed>&-"
  check "descriptor $closed closed, quiet: the picture is right" cmp -s right.png closed-$closed.png
done
check "a report to a closed stdout is an error" ends 74 eval 'run a.png -o lost.png >&-'
check "its picture is right" cmp -s right.png lost.png
check "a picture to a closed stdout is an error" ends 74 eval 'run a.png -o - >&-'
check "a picture from a closed stdin is an error" ends 66 eval 'run - -o none.png <&-'

# Several processes: one output, and one folder.
for i in 1 2 3 4; do run a.png -o shared.png -q & done
wait
check "four processes with one output leave it whole" cmp -s right.png shared.png
for i in 1 2 3 4; do run many -o shared -q --skip-existing & done
wait
check "four processes with one folder make each result once" [ "$(ls shared | wc -l)" -eq "$count" ]
check "all of them whole" whole shared

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
