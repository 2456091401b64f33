package container

import (
	"encoding/binary"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// The filter's answers, by the virtual machine of package bpf, which reads
// numbers in network order.
func TestFilter(t *testing.T) {
	vm, err := bpf.NewVM(filterProgram())
	if err != nil {
		t.Fatal(err)
	}
	const i386, setgid = unix.AUDIT_ARCH_I386, unix.SYS_SETGID
	tests := []struct {
		name     string
		arch, nr uint32
		args     [6]uint32
		want     uint32
	}{
		{"read", auditArch, unix.SYS_READ, [6]uint32{}, retAllow},
		{"another architecture", i386, unix.SYS_READ, [6]uint32{}, retNoSys},
		{"fchownat", auditArch, unix.SYS_FCHOWNAT, [6]uint32{}, retNotify},
		{"fchown", auditArch, unix.SYS_FCHOWN, [6]uint32{}, retNotify},
		{"setgid", auditArch, setgid, [6]uint32{5}, retZero},
		{"getgroups", auditArch, unix.SYS_GETGROUPS, [6]uint32{}, retZero},
		{"setuid 0", auditArch, unix.SYS_SETUID, [6]uint32{0}, retZero},
		{"setuid 5", auditArch, unix.SYS_SETUID, [6]uint32{5}, retNotify},
		{"setreuid 5, -1", auditArch, unix.SYS_SETREUID, [6]uint32{5, unset}, retZero},
		{"setresuid 0, 5, 0", auditArch, unix.SYS_SETRESUID, [6]uint32{0, 5, 0}, retNotify},
		{"keyctl", auditArch, unix.SYS_KEYCTL, [6]uint32{}, retNoSys},
		{"clone3", auditArch, unix.SYS_CLONE3, [6]uint32{}, retAllow},
		{"mount", auditArch, unix.SYS_MOUNT, [6]uint32{}, retAllow},
		{"mknodat fifo", auditArch, unix.SYS_MKNODAT, [6]uint32{0, 0, unix.S_IFIFO | 0o644}, retAllow},
		{"mknodat char", auditArch, unix.SYS_MKNODAT, [6]uint32{0, 0, unix.S_IFCHR | 0o644}, retNotify},
		{"mknodat block", auditArch, unix.SYS_MKNODAT, [6]uint32{0, 0, unix.S_IFBLK}, retNotify},
		{"personality 8", auditArch, unix.SYS_PERSONALITY, [6]uint32{8}, retAllow},
		{"personality query", auditArch, unix.SYS_PERSONALITY, [6]uint32{unset}, retAllow},
		{"personality 0x400000", auditArch, unix.SYS_PERSONALITY, [6]uint32{0x400000}, retNoSys},
	}
	for _, test := range tests {
		data := make([]byte, 64)
		binary.BigEndian.PutUint32(data[dataNr:], test.nr)
		binary.BigEndian.PutUint32(data[dataArch:], test.arch)
		for i, a := range test.args {
			binary.BigEndian.PutUint32(data[dataArg(i):], a)
		}
		got, err := vm.Run(data)
		if err != nil || uint32(got) != test.want {
			t.Errorf("%s: %#x, %v; want %#x", test.name, got, err, test.want)
		}
	}
}

func TestContainerCalls(t *testing.T) {
	k := start(t, Options{})
	same(t, "calls", run(t, k, helper(t, "calls")), `keyctl: ENOSYS
add_key: ENOSYS
request_key: ENOSYS
io_uring_setup: ENOSYS
userfaultfd: ENOSYS
bpf: ENOSYS
perf_event_open: ENOSYS
kcmp: ENOSYS
open_by_handle_at: ENOSYS
kexec_load: ENOSYS
finit_module: ENOSYS
quotactl: ENOSYS
personality 0: ok
personality ADDR_NO_RANDOMIZE: ok
personality PER_LINUX32: ok
personality READ_IMPLIES_EXEC: ENOSYS
x32 getpid: ENOSYS
setfsuid 5: ok
setgid 5: ok
getppid: ok
`)
}
