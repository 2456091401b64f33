//go:build compare

package edit

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A rival is one set that both do: on the file of a package, by our path and by
// augeas's below /files/FILE.
type rival struct{ pkg, file, path, augeas, value string }

// rivals are what Dockerfiles set most, and one of each further format.
var rivals = []rival{
	{"php8.2-common", "usr/lib/php/8.2/php.ini-production", "date.timezone", "Date/date.timezone", "UTC"},
	{"php8.2-common", "usr/lib/php/8.2/php.ini-production", "memory_limit", "PHP/memory_limit", "256M"},
	{"php8.2-common", "usr/lib/php/8.2/php.ini-production", "cgi.fix_pathinfo", "PHP/cgi.fix_pathinfo", "0"},
	{"php8.2-fpm", "etc/php/8.2/fpm/pool.d/www.conf", "www/clear_env", "www/clear_env", "no"},
	{"php8.2-fpm", "etc/php/8.2/fpm/php-fpm.conf", "global/daemonize", "global/daemonize", "no"},
	{"openssh-server", "usr/share/openssh/sshd_config", "PermitRootLogin", "PermitRootLogin", "no"},
	{"openssh-server", "usr/share/openssh/sshd_config", "UsePAM", "UsePAM", "no"},
	{"openssh-client", "etc/ssh/ssh_config", "Host[args='*']/StrictHostKeyChecking", "Host/StrictHostKeyChecking", "no"},
	{"nginx-common", "etc/nginx/nginx.conf", "worker_processes", "worker_processes", "4"},
	{"nginx-common", "etc/nginx/nginx.conf", "http/server_tokens", "http/server_tokens", "off"},
	{"nginx-common", "etc/nginx/nginx.conf", "http/keepalive_timeout", "http/keepalive_timeout", "2"},
	{"nginx-common", "etc/nginx/sites-available/default", "server/root", "server/root", "/srv"},
	{"apache2", "etc/apache2/apache2.conf", "KeepAlive", "directive[.='KeepAlive']/arg", "Off"},
	{"apache2", "etc/apache2/apache2.conf", "Directory[args='/var/www/']/AllowOverride", "Directory[arg='/var/www/']/directive[.='AllowOverride']/arg", "All"},
	{"mariadb-server", "etc/mysql/mariadb.conf.d/50-server.cnf", "mariadb/bind-address", "target[.='mariadb']/bind-address", "0.0.0.0"},
	{"mariadb-server", "etc/mysql/mariadb.conf.d/50-server.cnf", "mysqld/bind-address", "target[.='mysqld']/bind-address", "0.0.0.0"},
	{"redis-server", "etc/redis/redis.conf", "maxmemory", "maxmemory", "64mb"},
	{"redis-server", "etc/redis/redis.conf", "protected-mode", "protected-mode", "no"},
	{"postgresql-15", "usr/share/postgresql/15/postgresql.conf.sample", "listen_addresses", "listen_addresses", "*"},
	{"postfix", "usr/share/postfix/main.cf.dist", "inet_interfaces", "inet_interfaces", "all"},
	{"rsyslog", "etc/rsyslog.conf", "$FileOwner", "$FileOwner", "adm"},
	{"squid", "etc/squid/squid.conf", "http_port", "http_port", "8080"},
	{"supervisor", "etc/supervisor/supervisord.conf", "supervisord/nodaemon", "supervisord/nodaemon", "true"},
	{"samba-common", "usr/share/samba/smb.conf", "global/workgroup", "target[.='global']/workgroup", "HOME"},
	{"samba-common", "usr/share/samba/smb.conf", "global/wins support", "target[.='global']/wins\\ support", "yes"},
	{"vsftpd", "etc/vsftpd.conf", "write_enable", "write_enable", "YES"},
	{"login", "etc/login.defs", "UMASK", "UMASK", "027"},
	{"avahi-daemon", "etc/avahi/avahi-daemon.conf", "server/use-ipv6", "server/use-ipv6", "no"},
	{"fail2ban", "etc/fail2ban/jail.conf", "DEFAULT/bantime", "DEFAULT/bantime", "1h"},
	{"haproxy", "etc/haproxy/haproxy.cfg", "defaults/mode", "defaults/mode", "tcp"},
	{"dovecot-core", "usr/share/dovecot/conf.d/10-ssl.conf", "ssl", "ssl", "required"},
	{"lighttpd", "etc/lighttpd/lighttpd.conf", "server.port", "server.port", "8080"},
	{"logrotate", "etc/logrotate.conf", "rotate", "rotate", "7"},
	{"tomcat10", "usr/share/tomcat10/etc/server.xml", "Server/Service/Connector[@port='8080']/@connectionTimeout", "Server/Service/Connector[#attribute/port='8080']/#attribute/connectionTimeout", "9000"},
	{"openjdk-17-jre-headless", "etc/java-17-openjdk/security/java.security", "networkaddress.cache.ttl", "networkaddress.cache.ttl", "10"},
	{"prosody", "etc/prosody/prosody.cfg.lua", "c2s_require_encryption", "", "false"},
	{"munin", "etc/munin/munin.conf", "htmldir", "htmldir", "/srv"},
	{"nagios-nrpe-server", "etc/nagios/nrpe.cfg", "server_port", "server_port", "5667"},
	{"snmpd", "etc/snmp/snmpd.conf", "sysLocation", "sysLocation", "here"},
	{"tinyproxy", "etc/tinyproxy/tinyproxy.conf", "Port", "Port", "8889"},
	{"cups-daemon", "usr/share/cups/cupsd.conf.default", "Browsing", "directive[.='Browsing']/arg", "No"},
	{"bind9", "etc/bind/named.conf.options", "options/directory", "options/directory", "/srv"},
}

// TestAugeas does each set by augtool, too, and prints who could, and in which
// line: the key's own one, be it in a comment, is where a person writes.
func TestAugeas(t *testing.T) {
	if _, err := exec.LookPath("augtool"); err != nil {
		t.Skip("augtool is not installed")
	}
	fmt.Printf("%-46s %-26s %-9s %-22s %s\n", "file", "key", "it is", "here", "augeas")
	var ours, theirs, oursOwn, theirsOwn, n int
	for _, r := range rivals {
		n++
		src, err := os.ReadFile(filepath.Join(os.Getenv("EDITS_ROOT"), r.pkg, r.file))
		if err != nil {
			t.Fatal(err)
		}
		state, lines := r.state(string(src))
		own := func(now string, err error) (string, bool) {
			if err != nil {
				return "cannot", false
			}
			line := firstChange(string(src), now)
			for _, l := range lines {
				if l == line {
					return fmt.Sprintf("line %d, its own", line), true
				}
			}
			return fmt.Sprintf("line %d of %d", line, strings.Count(now, "\n")), state == "absent"
		}
		here, ok := own(r.edit(string(src)))
		there, ok2 := own(r.augtool(t, src))
		if here != "cannot" {
			ours++
		}
		if there != "cannot" {
			theirs++
		}
		if ok {
			oursOwn++
		}
		if ok2 {
			theirsOwn++
		}
		fmt.Printf("%-46s %-26s %-9s %-22s %s\n", short(r.file, 46), short(r.path, 26), state, here, there)
	}
	fmt.Printf("\nof %d: here %d, augeas %d could; in the key's own line, where it has one: here %d, augeas %d\n", n, ours, theirs, oursOwn, theirsOwn)
}

// short keeps the end of a long name.
func short(s string, most int) string {
	if len(s) > most {
		return "…" + s[len(s)-most+1:]
	}
	return s
}

// state says whether the key is active, commented out or absent, and where.
func (r rival) state(src string) (string, []int) {
	f, _ := formatOf(Input{Name: "/" + r.file})
	tr := f.parse(src)
	p, _ := ParsePath(r.path)
	active, twins := tr.find(p, f.style())
	state := "active"
	if len(active) == 0 {
		active, state = twins, "commented"
	}
	if len(active) == 0 {
		return "absent", nil
	}
	var lines []int
	for _, n := range active {
		lines = append(lines, tr.line(n.whole.start))
	}
	return state, lines
}

func (r rival) edit(src string) (string, error) {
	p, err := ParsePath(r.path)
	if err != nil {
		return "", err
	}
	res, err := Apply(Input{Name: "/" + r.file, Bytes: []byte(src), Ops: []Op{{Verb: Set, Path: p, To: []Value{{Text: r.value}}}}})
	return string(res.Bytes), err
}

// augtool sets it in a root of its own, where the file has the name that a lens
// loads, if there is one.
func (r rival) augtool(t *testing.T, src []byte) (string, error) {
	name := r.file
	for from, to := range map[string]string{"usr/lib/php/8.2/php.ini-production": "etc/php/8.2/cli/php.ini", "usr/share/openssh/sshd_config": "etc/ssh/sshd_config",
		"usr/share/postgresql/15/postgresql.conf.sample": "etc/postgresql/15/main/postgresql.conf", "usr/share/postfix/main.cf.dist": "etc/postfix/main.cf",
		"usr/share/samba/smb.conf": "etc/samba/smb.conf", "usr/share/cups/cupsd.conf.default": "etc/cups/cupsd.conf", "usr/share/dovecot/conf.d/10-ssl.conf": "etc/dovecot/conf.d/10-ssl.conf", "usr/share/tomcat10/etc/server.xml": "etc/tomcat10/server.xml"} {
		if name == from {
			name = to
		}
	}
	root := t.TempDir()
	file := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(file, src, 0o644); err != nil {
		return "", err
	}
	var out bytes.Buffer
	cmd := exec.Command("augtool", "-r", root, "-s", "-L", "--transform", lensFor(name)+" incl /"+name)
	if lensFor(name) == "" {
		cmd = exec.Command("augtool", "-r", root, "-s")
	}
	cmd.Stdin = strings.NewReader(fmt.Sprintf("set \"/files/%s/%s\" \"%s\"\n", name, r.augeas, r.value))
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("augtool: %s", out.String())
	}
	now, err := os.ReadFile(file)
	if err == nil && bytes.Equal(now, src) {
		return "", fmt.Errorf("augtool changed nothing: %s", out.String())
	}
	return string(now), err
}

// lensFor names the lens for files that augeas has one for and does not load by itself.
func lensFor(name string) string {
	switch filepath.Base(name) {
	case "server.xml":
		return "Xml"
	case "supervisord.conf":
		return "Supervisord"
	case "java.security":
		return "Properties"
	}
	return ""
}

// firstChange returns the first line that differs.
func firstChange(a, b string) int {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range bs {
		if i >= len(as) || as[i] != bs[i] {
			return i + 1
		}
	}
	return len(bs)
}

// TestSpeed sets one key of a file of 10 MB here, by sed and by augtool; then
// one of each format here.
func TestSpeed(t *testing.T) {
	const size = 10 << 20
	line := "# a comment of the usual length, with some words in it\nkey%d = value %d\n\n"
	var b strings.Builder
	b.WriteString("[section]\nwanted = 1\n")
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, line, i, i)
	}
	src := b.String()
	defer speedOfFormats(t)
	took := func(name string, f func() error) {
		start := time.Now()
		err := f()
		d := time.Since(start)
		fmt.Printf("%-12s %8.0f ms %8.1f MB/s  %v\n", name, d.Seconds()*1000, float64(len(src))/1e6/d.Seconds(), err)
	}
	took("here", func() error {
		p, _ := ParsePath("section/wanted")
		_, err := Apply(Input{Name: "/etc/x.ini", Bytes: []byte(src), Ops: []Op{{Verb: Set, Path: p, To: []Value{{Text: "2"}}}}})
		return err
	})
	file := filepath.Join(t.TempDir(), "etc/puppet/puppet.conf")
	write := func() {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(src), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write()
	took("sed -i", func() error { return exec.Command("sed", "-i", "s/^wanted = 1/wanted = 2/", file).Run() })
	if _, err := exec.LookPath("augtool"); err != nil {
		return
	}
	write()
	took("augtool", func() error {
		root := strings.TrimSuffix(file, "/etc/puppet/puppet.conf")
		cmd := exec.Command("timeout", "120", "augtool", "-r", root, "-s", "-A", "--transform", "Puppet incl /etc/puppet/puppet.conf")
		cmd.Stdin = strings.NewReader("load\nset /files/etc/puppet/puppet.conf/section/wanted 2\nsave\n")
		out, err := cmd.CombinedOutput()
		if now, _ := os.ReadFile(file); err == nil && string(now) == src {
			return fmt.Errorf("it changed nothing: %.200s", out)
		}
		return err
	})
}

// speedOfFormats sets one key of 10 MB in each format.
func speedOfFormats(t *testing.T) {
	for _, format := range benchFormats() {
		src, path := benchSample(format, 10<<20)
		if path == nil {
			continue
		}
		start := time.Now()
		_, err := Apply(Input{Name: "x", Format: format, Bytes: []byte(src), Ops: []Op{{Verb: Set, Path: path, To: []Value{{Text: "y"}}, Count: Count{N: 1, OrMore: true}}}})
		d := time.Since(start)
		if err != nil {
			t.Fatal(explain(err))
		}
		fmt.Printf("%-12s %8.0f ms %8.1f MB/s\n", format, d.Seconds()*1000, float64(len(src))/1e6/d.Seconds())
	}
}
