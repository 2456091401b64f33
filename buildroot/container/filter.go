package container

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Offsets in struct seccomp_data, and of the low half of an argument in it.
const (
	dataNr   = 0
	dataArch = 4
)

func dataArg(n int) uint32 { return uint32(16 + 8*n) }

// What a filter may return.
const (
	retNotify = unix.SECCOMP_RET_USER_NOTIF
	retAllow  = unix.SECCOMP_RET_ALLOW
	retZero   = unix.SECCOMP_RET_ERRNO
	retNoSys  = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
)

// denied are calls that reach parts of the kernel that no build needs and that
// namespaces do not divide. ENOSYS lets programs fall back. Mounts and further
// namespaces stay allowed: what is in them is confined by this one.
func denied() []int {
	return append(archDenied(),
		unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
		unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER,
		unix.SYS_USERFAULTFD, unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_KCMP,
		unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_KEXEC_LOAD, unix.SYS_KEXEC_FILE_LOAD,
		unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE,
		unix.SYS_QUOTACTL, unix.SYS_QUOTACTL_FD, unix.SYS_LOOKUP_DCOOKIE, unix.SYS_NFSSERVCTL,
	)
}

// pretended are calls that answer success and do nothing: there is one uid, and
// supplementary groups are the host's.
func pretended() []int {
	return []int{unix.SYS_SETGID, unix.SYS_SETREGID, unix.SYS_SETRESGID, unix.SYS_SETFSUID, unix.SYS_SETFSGID,
		unix.SYS_SETGROUPS, unix.SYS_GETGROUPS}
}

// personalities are those that Docker allows too, and ADDR_NO_RANDOMIZE, which
// debuggers and sanitizers ask for.
func personalities() []uint32 {
	return []uint32{0, 8, 0x20000, 0x20008, 0xffffffff, 0x40000}
}

// filterProgram allows everything but what stands here. Calls of foreign
// conventions (i386, x32) have other numbers, and are not there at all.
func filterProgram() []bpf.Instruction {
	p := []bpf.Instruction{
		bpf.LoadAbsolute{Off: dataArch, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: auditArch, SkipTrue: 1},
		bpf.RetConstant{Val: retNoSys},
		bpf.LoadAbsolute{Off: dataNr, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpGreaterOrEqual, Val: foreignBit, SkipFalse: 1},
		bpf.RetConstant{Val: retNoSys},
	}
	p = append(p, answerAll(chownCalls(), retNotify)...)
	p = append(p, answerAll(pretended(), retZero)...)
	p = append(p, answerAll(denied(), retNoSys)...)
	p = append(p, userCalls()...)
	p = append(p, deviceCalls()...)
	p = append(p, personalityCall()...)
	return append(p, bpf.RetConstant{Val: retAllow})
}

// filter is the program as the kernel takes it.
func filter() ([]unix.SockFilter, error) {
	raw, err := bpf.Assemble(filterProgram())
	if err != nil {
		return nil, fmt.Errorf("assemble filter: %w", err)
	}
	f := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		f[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	return f, nil
}

// answerAll gives one answer to each of the calls.
func answerAll(calls []int, answer uint32) []bpf.Instruction {
	var p []bpf.Instruction
	for _, nr := range calls {
		p = append(p, onCall(nr, bpf.RetConstant{Val: answer})...)
	}
	return p
}

// onCall runs body, which returns, for one call.
func onCall(nr int, body ...bpf.Instruction) []bpf.Instruction {
	return append([]bpf.Instruction{
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(nr), SkipFalse: uint8(len(body))}}, body...)
}

// userCalls pretends, and reports a change to another user than 0.
func userCalls() []bpf.Instruction {
	p := userCall(unix.SYS_SETUID, 0)
	p = append(p, userCall(unix.SYS_SETREUID, 1)...) // the effective one
	return append(p, userCall(unix.SYS_SETRESUID, 1)...)
}

func userCall(nr, arg int) []bpf.Instruction {
	return onCall(nr,
		bpf.LoadAbsolute{Off: dataArg(arg), Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unset, SkipTrue: 1},
		bpf.RetConstant{Val: retNotify},
		bpf.RetConstant{Val: retZero})
}

// deviceCalls hands over mknod of devices, for a report; the mode is the
// argument after the path.
func deviceCalls() []bpf.Instruction {
	var p []bpf.Instruction
	for _, nr := range mknodCalls() {
		mode := 1
		if nr == unix.SYS_MKNODAT {
			mode = 2
		}
		p = append(p, onCall(nr,
			bpf.LoadAbsolute{Off: dataArg(mode), Size: 4},
			bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: unix.S_IFMT},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.S_IFCHR, SkipTrue: 2},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.S_IFBLK, SkipTrue: 1},
			bpf.RetConstant{Val: retAllow},
			bpf.RetConstant{Val: retNotify})...)
	}
	return p
}

func personalityCall() []bpf.Instruction {
	allowed := personalities()
	body := []bpf.Instruction{bpf.LoadAbsolute{Off: dataArg(0), Size: 4}}
	for i, v := range allowed {
		body = append(body, bpf.JumpIf{Cond: bpf.JumpEqual, Val: v, SkipTrue: uint8(len(allowed) - i)})
	}
	body = append(body, bpf.RetConstant{Val: retNoSys}, bpf.RetConstant{Val: retAllow})
	return onCall(unix.SYS_PERSONALITY, body...)
}

// installFilter puts all threads of this process under the filter and returns
// the listener's descriptor. A kernel before 5.19 has no WAIT_KILLABLE_RECV,
// which keeps signals from interrupting a call that the listener has begun.
func installFilter() (int, error) {
	f, err := filter()
	if err != nil {
		return -1, err
	}
	prog := unix.SockFprog{Len: uint16(len(f)), Filter: &f[0]}
	const flags = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_TSYNC | unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH
	for _, flags := range []uintptr{flags | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, flags} {
		fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&prog)))
		if errno == 0 {
			return int(fd), nil
		}
		if err = errno; !errors.Is(err, unix.EINVAL) {
			break
		}
	}
	return -1, failed("install system call filter", err)
}
