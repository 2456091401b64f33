package effects

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// Hostname is the host name of every root. Scripts write it to files such as
// /etc/mailname, which are reported.
const Hostname = "ashlar"

// Env is the environment of maintainer scripts. C.UTF-8 is in libc-bin, which
// is essential.
func Env(epoch int64) []string {
	return []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root",
		"SHELL=/bin/sh",
		"LC_ALL=C.UTF-8",
		"TZ=UTC",
		"DEBIAN_FRONTEND=noninteractive",
		"DEBCONF_NONINTERACTIVE_SEEN=true",
		"SOURCE_DATE_EPOCH=" + strconv.FormatInt(epoch, 10),
		"FORCE_SOURCE_DATE=1", // TeX heeds the other only with this
	}
}

// policy is the lowest layer of every root in which scripts run, and never in
// an image.
var policy = []struct {
	path string
	mode os.FileMode
	text string
}{
	// invoke-rc.d(8) and deb-systemd-invoke(1p) ask it: 101 is "not allowed".
	{"usr/sbin/policy-rc.d", 0o755, "#!/bin/sh\nexit 101\n"},
	{"etc/hosts", 0o644, "127.0.0.1\tlocalhost " + Hostname + "\n::1\t\tlocalhost ip6-localhost ip6-loopback\n"},
	{"etc/resolv.conf", 0o644, ""},
	// pg_createcluster(8) changes its user for good and verifies it, which
	// cannot be pretended; a cluster is state, and not for an image anyway.
	{"etc/postgresql-common/createcluster.d/ashlar.conf", 0o644, "create_main_cluster = false\n"},
}

// WritePolicy makes dir, a layer that denies services, has no name server, and
// names localhost.
func WritePolicy(dir string) error {
	for _, f := range policy {
		path := filepath.Join(dir, f.path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("write policy: %w", err)
		}
		if err := os.WriteFile(path, []byte(f.text), f.mode); err != nil {
			return fmt.Errorf("write policy: %w", err)
		}
		if err := os.Chmod(path, f.mode); err != nil { // whatever the umask
			return fmt.Errorf("write policy: %w", err)
		}
	}
	return nil
}
