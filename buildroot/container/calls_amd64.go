package container

import "golang.org/x/sys/unix"

// auditArch is the calling convention that the filter knows, and foreignBit
// what the numbers of x32, another one of the same name, have set.
const (
	auditArch  = unix.AUDIT_ARCH_X86_64
	foreignBit = 0x40000000
)

func chownCalls() []int {
	return []int{unix.SYS_CHOWN, unix.SYS_LCHOWN, unix.SYS_FCHOWN, unix.SYS_FCHOWNAT}
}

func isLchown(nr int) bool { return nr == unix.SYS_LCHOWN }

func mknodCalls() []int { return []int{unix.SYS_MKNOD, unix.SYS_MKNODAT} }

// archDenied are calls that only this architecture has.
func archDenied() []int {
	return []int{unix.SYS_CREATE_MODULE, unix.SYS_GET_KERNEL_SYMS, unix.SYS_QUERY_MODULE, unix.SYS_USELIB}
}
