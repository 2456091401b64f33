package artefact

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The layout of security.capability, revision 2 (linux/capability.h,
// struct vfs_cap_data): a word with the revision and the effective bit, then
// the permitted and inheritable sets, low words first.
const (
	capRevision2 = 0x02000000
	capEffective = 0x000001
)

// capNames are the capabilities by number (capabilities(7), linux/capability.h).
const capNames = "chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable " +
	"net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace " +
	"sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control " +
	"setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore"

// A capSet is a set of flags for each capability.
type capSet struct{ effective, permitted, inheritable uint64 }

// Caps returns the bytes of security.capability for a text as setcap(8) takes
// it, in the form of cap_from_text(3): clauses like "cap_net_raw,cap_chown=ep"
// or "all+i", divided by blanks.
func Caps(text string) (string, error) {
	var set capSet
	clauses := strings.Fields(text)
	if len(clauses) == 0 {
		return "", errors.New(`capabilities "": nothing there`)
	}
	for _, clause := range clauses {
		if err := set.clause(clause); err != nil {
			return "", fmt.Errorf("capabilities %q: %w", text, err)
		}
	}
	return set.bytes()
}

// clause applies one clause: a list of names, then operators with flags.
func (s *capSet) clause(clause string) error {
	at := strings.IndexAny(clause, "=+-")
	if at < 0 {
		return fmt.Errorf("%q has no operator: write it as in cap_net_raw=ep", clause)
	}
	mask, err := capMask(clause[:at])
	if err != nil {
		return err
	}
	for rest := clause[at:]; rest != ""; {
		op := rest[0]
		rest = rest[1:]
		flags := rest
		if next := strings.IndexAny(rest, "=+-"); next >= 0 {
			flags = rest[:next]
		}
		rest = rest[len(flags):]
		if err := s.apply(op, flags, mask); err != nil {
			return err
		}
	}
	return nil
}

func (s *capSet) apply(op byte, flags string, mask uint64) error {
	if op == '=' {
		s.effective, s.permitted, s.inheritable = s.effective&^mask, s.permitted&^mask, s.inheritable&^mask
	}
	for _, flag := range flags {
		set := map[rune]*uint64{'e': &s.effective, 'p': &s.permitted, 'i': &s.inheritable}[flag]
		switch {
		case set == nil:
			return fmt.Errorf("there is no flag %q: the flags are e, p and i", flag)
		case op == '-':
			*set &^= mask
		default:
			*set |= mask
		}
	}
	return nil
}

// capMask returns the capabilities that a list of names means; none or "all"
// means all.
func capMask(list string) (uint64, error) {
	names := strings.Fields(capNames)
	if list == "" || strings.EqualFold(list, "all") {
		return 1<<len(names) - 1, nil
	}
	var mask uint64
	for name := range strings.SplitSeq(list, ",") {
		short, ok := strings.CutPrefix(strings.ToLower(name), "cap_")
		i := slices.Index(names, short)
		if !ok || i < 0 {
			return 0, fmt.Errorf("there is no capability %q", name)
		}
		mask |= 1 << i
	}
	return mask, nil
}

// bytes writes the set. A file has one effective bit for all.
func (s *capSet) bytes() (string, error) {
	magic := uint32(capRevision2)
	if s.effective != 0 {
		if s.effective != s.permitted|s.inheritable {
			return "", errors.New("capabilities of a file are effective all or none: give e to each or to none")
		}
		magic |= capEffective
	}
	b := binary.LittleEndian.AppendUint32(nil, magic)
	for _, word := range []uint64{s.permitted, s.inheritable, s.permitted >> 32, s.inheritable >> 32} {
		b = binary.LittleEndian.AppendUint32(b, uint32(word))
	}
	return string(b), nil
}
