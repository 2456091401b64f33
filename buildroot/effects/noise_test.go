package effects

import "testing"

func TestNoiseOf(t *testing.T) {
	for path, want := range map[string]Rule{
		"/var/log":                         "",
		"/var/log/dpkg.log":                RuleDrop,
		"/var/log/apt/x":                   RuleDrop,
		"/var/lib/dpkg/status":             RuleDrop,
		"/var/lib/dpkg/info/x.list":        RuleDrop,
		"/var/lib/dpkg/alternatives/awk":   RuleRoot,
		"/var/lib/dpkg/diversions":         RuleRoot,
		"/var/lib/dpkg/diversions-old":     RuleDrop,
		"/var/cache/debconf/config.dat":    RuleRoot,
		"/var/cache/debconf/a-old":         RuleDrop,
		"/etc/passwd":                      "",
		"/etc/passwd-":                     RuleDrop,
		"/etc/shadow":                      RuleDate,
		"/etc/foo/bar.dpkg-old":            RuleDrop,
		"/run/x":                           RuleDrop,
		"/run":                             "",
		"/etc/ssh/ssh_host_rsa_key.pub":    RuleSecret,
		"/etc/ssh/ssh_host_rsa_key":        RuleSecret,
		"/etc/ssh/sshd_config":             "",
		"/var/lib/mysql":                   "",
		"/var/lib/mysql/ibdata1":           RuleState,
		"/var/lib/postgresql/17":           "",
		"/var/lib/postgresql/17/main":      RuleState,
		"/etc/rc2.d/S01x":                  RuleInit,
		"/etc/init.d/nginx":                RuleInit,
		"/etc/machine-id":                  RuleEmptyFile,
		"/var/lib/texmf/web2c/a/tex.fmt":   RuleUnstable,
		"/var/lib/texmf/web2c/a/tex.log":   RuleDrop,
		"/var/lib/systemd/deb-systemd-x":   "",
		"/var/lib/systemd/deb-systemd-x/":  RuleRoot,
		"/usr/bin/awk":                     "",
		"/usr/share/emacs/site-lisp/a.el":  "",
		"/usr/share/emacs/site-lisp/a.elc": RuleNewest,
	} {
		if n, _ := NoiseOf(path); n.Rule != want {
			t.Errorf("%s: rule %q, want %q", path, n.Rule, want)
		}
	}
	if ClassOf("/var/lib/ucf/hashfile") != ClassRoot || ClassOf("/etc/rc1.d/K") != ClassInit || ClassOf("/etc/motd") != ClassImage {
		t.Error("a class is wrong")
	}
}

func TestNoiseTableMistakes(t *testing.T) {
	for name, text := range map[string]string{
		"rule":    "[[noise]]\np = '/x'\nrule = 'eat'\nwhy = 'y'\n",
		"why":     "[[noise]]\np = '/x'\nrule = 'drop'\n",
		"glob":    "[[noise]]\np = '/x[a'\nrule = 'drop'\nwhy = 'y'\n",
		"key":     "[[noise]]\npath = '/x'\nrule = 'drop'\nwhy = 'y'\n",
		"link":    "[[noise]]\np = '/x'\nrule = 'link'\nwhy = 'y'\n",
		"no toml": "[[noise",
	} {
		if _, err := parseNoise(text); err == nil {
			t.Errorf("%s: no mistake found", name)
		}
	}
}
