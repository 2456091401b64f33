package container

import "golang.org/x/sys/unix"

// auditArch is the calling convention that the filter knows. No number of it
// has foreignBit set.
const (
	auditArch  = unix.AUDIT_ARCH_AARCH64
	foreignBit = 0x40000000
)

func chownCalls() []int { return []int{unix.SYS_FCHOWN, unix.SYS_FCHOWNAT} }

func isLchown(int) bool { return false }

func mknodCalls() []int { return []int{unix.SYS_MKNODAT} }

// archDenied are calls that only this architecture has.
func archDenied() []int { return nil }
