package git

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/giturl"
)

// A Check is one thing that sources from git need of this machine, and what came of
// trying it.
type Check struct {
	Name   string
	OK     bool
	Found  string
	Remedy string // what to do, or to type; empty if OK
}

// Probe tries what the addresses of repositories need: that git is there and takes all
// of its configuration from where it is told to, and ssh if any address is one of ssh.
func (c *Client) Probe(ctx context.Context, addresses []string) []Check {
	if len(addresses) == 0 {
		return nil
	}
	checks := []Check{c.probeGit(ctx)}
	for _, a := range addresses {
		if u, err := giturl.Parse(a); err == nil && u.Scheme == giturl.SSH {
			return append(checks, probeSSH())
		}
	}
	return checks
}

func (c *Client) probeGit(ctx context.Context) Check {
	check := Check{Name: gitProgram}
	s, err := c.session()
	if err != nil {
		return failed(check, err)
	}
	defer s.close()
	version, err := s.local(ctx, s.dir, "version")
	if err != nil {
		return failed(check, err)
	}
	check.Found = strings.TrimSpace(string(version))
	hooks, err := s.local(ctx, s.dir, "config", "--get", "core.hooksPath")
	if err != nil || strings.TrimSpace(string(hooks)) != os.DevNull {
		check.Found += ", which reads other configuration than it is told to"
		check.Remedy = "install git 2.32 or newer"
		return check
	}
	helper := filepath.Join(execPath(ctx, s), "git-remote-fd")
	if _, err := os.Stat(helper); err != nil {
		check.Found += ", without git-remote-fd"
		check.Remedy = "install the whole of git"
		return check
	}
	check.OK = true
	return check
}

func execPath(ctx context.Context, s *session) string {
	out, err := s.local(ctx, s.dir, "--exec-path")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// probeSSH does not run ssh, which says nothing to users that the system does not
// know.
func probeSSH() Check {
	check := Check{Name: sshProgram}
	file, err := lookPath(sshProgram)
	if err != nil {
		return failed(check, err)
	}
	check.OK, check.Found = true, file+"; SSH_AUTH_SOCK names an agent"
	if os.Getenv("SSH_AUTH_SOCK") == "" {
		check.Found = file + "; there is no agent, as SSH_AUTH_SOCK would name it"
	}
	return check
}

func failed(check Check, err error) Check {
	check.Found = err.Error()
	check.Remedy = remedyOf(err)
	return check
}
