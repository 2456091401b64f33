package shell

import (
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/edit"
)

// said writes changes as a recipe would have them, a line each.
func said(all []Change) string {
	var b strings.Builder
	for _, ch := range all {
		for _, op := range ch.Ops {
			b.WriteString(ch.File + ": " + op.TOML() + "\n")
		}
		for _, k := range ch.Keys {
			b.WriteString(k.String() + "\n")
		}
		if ch.Err != nil {
			b.WriteString(ch.File + ": ! " + ch.Err.Error() + "\n")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func TestRead(t *testing.T) {
	tests := []struct{ script, want string }{
		// Texts that are written.
		{`echo "a b" > /etc/x.txt`, `file."/etc/x.txt" = { content = "a b\n" }`},
		{`echo a > /x && echo b >> /x; echo -n c >> /x`, "file.\"/x\" = { content = '''\na\nb\nc''' }"},
		{"cat <<EOF > /x\na $V \\$W\nEOF", `file."/x" = { content = "a ${V} $W\n", expand = true }`},
		{"cat <<'EOF' > /x\na ${V}\nEOF", `file."/x" = { content = "a ${V}\n" }`},
		{"cat <<-EOF > /x\n\ta\n\tEOF", `file."/x" = { content = "a\n" }`},
		{`{ echo a; echo; echo b; } > /x`, "file.\"/x\" = { content = '''\na\n\nb\n''' }"},
		{`printf '%s=%d\n' a 1 b 2 | sudo tee /x >/dev/null`, "file.\"/x\" = { content = '''\na=1\nb=2\n''' }"},
		{`V=7; echo $V > /x`, `file."/x" = { content = "7\n" }`},
		{`echo '${V}' $W > /x`, `file."/x" = { content = "$${V} ${W}\n", expand = true }`},
		{`cd /etc && echo a > x`, `file."/etc/x" = { content = "a\n" }`},
		{`: > /x`, `file."/x" = { content = "" }`},
		{`echo $(date) > /x`, "/x: ! what is written is made by `echo` when it runs"},
		{`cat a | sort > /x`, "/x: ! what is written is made by a command when it runs"},

		// Texts that are appended.
		{`echo 'PermitRootLogin no' >> /etc/ssh/sshd_config`, `/etc/ssh/sshd_config: { set = "PermitRootLogin", to = "no" }`},
		{`echo 'date.timezone = UTC' >> /etc/php.ini`, `/etc/php.ini: { set = "date.timezone", to = "UTC" }`},
		{`echo 'extension=redis.so' >> /etc/php.ini`, `/etc/php.ini: { line = "extension=redis.so" }`},
		{`echo '[mysqld]
skip-name-resolve' >> /etc/my.cnf`, `/etc/my.cnf: { section = "mysqld", body = "skip-name-resolve" }`},
		{`echo 'daemon off;' >> /etc/nginx/nginx.conf`, `/etc/nginx/nginx.conf: { set = "daemon", to = "off" }`},
		{`echo /usr/local/lib >> /etc/ld.so.conf.d/x.conf`, `/etc/ld.so.conf.d/x.conf: { line = "/usr/local/lib" }`},
		{`echo "$A b" >> /etc/unknown`, `/etc/unknown: { line = "${A} b" }`},
		{"printf 'if x\\nthen\\n  y\\nfi\\nif z\\nfi\\n' >> /run.txt", `/run.txt: { insert = "if x\nthen\n  y\nfi\nif z\nfi", where = "end" }`},

		// Files that a recipe has keys for.
		{`echo Europe/Berlin > /etc/timezone`, `image.timezone = "Europe/Berlin"`},
		{`echo "en_US.UTF-8 UTF-8" >> /etc/locale.gen`, `image.locales = ["en_US.UTF-8"]`},
		{`echo "ops ALL=(ALL) NOPASSWD: ALL" >> /etc/sudoers`, `sudo.ops = "ops ALL=(ALL) NOPASSWD: ALL"`},
		{`echo "deb http://x.org/debian trixie main" | tee /etc/apt/sources.list.d/x.list`, `archive.x = { uri = "http://x.org/debian", suite = "trixie", components = ["main"], signed-by = "KEY.asc" }`},
		{`echo "deb http://x.org $(lsb_release -cs) main" > /etc/apt/sources.list.d/x.list`, `archive.x = { uri = "http://x.org", suite = "${suite}", components = ["main"], signed-by = "KEY.asc" }`},
		{`echo 'export A="b c"' >> ~/.bashrc`, `image.env.A = "b c"`},
		{`echo 'export PATH=$PATH:/opt/x' >> /etc/profile`, `image.path = ["/opt/x"]`},
		{`echo 'alias ll=ls' >> ~/.bashrc`, `/root/.bashrc: { line = "alias ll=ls" }`},

		{`echo 'bantime = 1h' >> /etc/fail2ban/jail.local`, `/etc/fail2ban/jail.local: { set = "*/bantime", to = "1h" }`},

		// Scripts of sed and perl.
		{`sed -i 's/^#\?PermitRootLogin.*/PermitRootLogin no/' /etc/ssh/sshd_config`, `/etc/ssh/sshd_config: { set = "PermitRootLogin", to = "no" }`},
		{`sed -i 's/memory_limit = 128M/memory_limit = 256M/' /etc/php.ini`, `/etc/php.ini: { set = "memory_limit", to = "256M", was = "128M" }`},
		{`sed -ri "s!^;?(clear_env) ?=.*!\1 = $CE!" /etc/php-fpm.d/www.conf`, `/etc/php-fpm.d/www.conf: { set = "clear_env", to = "${CE}" }`},
		{`sed -i 's/^bind-address/#&/' /etc/my.cnf`, `/etc/my.cnf: { comment = "*/bind-address" }`},
		{`sed -i 's/#UseDNS/UseDNS/' /etc/ssh/sshd_config`, `/etc/ssh/sshd_config: { uncomment = "UseDNS" }`},
		{`sed -i '/^enforce-blocks/s/0/1/' /etc/privoxy/config`, `/etc/privoxy/config: { set = "enforce-blocks", to = "1", was = "0" }`},
		{`sed -i -e '/\[evp\]/a x = y' -e '/^z/d' /f.txt`, "/f.txt: { insert = \"x = y\", after = '/\\[evp\\]/' }\n/f.txt: { delete-line = \"^z\" }"},
		{`sed -l 5 -i s/a/b/ /f.txt`, `/f.txt: { replace = "a", with = "b" }`},
		{`sed -i 's/a.b/c/' /f.txt`, `/f.txt: { regex = "a.b", with = "c" }`},
		{`sed -i 's/foo/bar/g' /f.txt`, `/f.txt: { replace = "foo", with = "bar" }`},
		{`sed 's/foo/bar/' /a.txt > /b.txt`, "/b.txt: { replace = \"foo\", with = \"bar\" }\nfile.\"/b.txt\" = { from = \"/a.txt\" }"},
		{`sed -i '$ a x' /f.txt`, `/f.txt: { line = "x" }`},
		{`sed -i '3s/a/b/' /f.txt`, "/f.txt: ! line 3 is a position, and positions change: say what stands there"},
		{`sed -i "s/$OLD/new/" /f.txt`, "/f.txt: ! what is looked for holds a variable: write its value"},
		{`sed -i ':a;N;$!ba' /f.txt`, "/f.txt: ! sed script, at 2: the command ':' makes it a program: write what it is to do as operations, or a patch"},
		{`find /etc/php -name php.ini -exec sed -i 's/foo/bar/' {} +`, `/etc/php/**/php.ini: { replace = "foo", with = "bar" }`},
		{`grep -rl x /y | xargs sed -i s/x/z/`, ": ! which files are changed is what another command prints: name them, or write a pattern with files = N"},
		{`perl -pi -e 's/(foo)=\d+/$1=7/' /f.txt`, `/f.txt: { regex = '(foo)=\d+', with = '\1=7' }`},
		{`perl -pi -e 'print "x" if $. == 1' /f.txt`, "/f.txt: ! perl script, at 1: it is more than substitutions: write what it is to do as operations, or a patch"},
		{`ex -sc '%s/foo/bar/g|x' /f.txt`, `/f.txt: { replace = "foo", with = "bar" }`},

		// Tools of their own.
		{`crudini --set /etc/st2.conf auth enable True`, `/etc/st2.conf: { set = "auth/enable", to = "True" }`},
		{`crudini --del /etc/st2.conf auth`, `/etc/st2.conf: { unset = "auth" }`},
		{`augtool -s set /files/etc/ssh/sshd_config/UseDNS no`, `/etc/ssh/sshd_config: { set = "UseDNS", to = "no" }`},
		{`augtool -s 'rm "/files/etc/php.ini/PHP/engine"'`, `/etc/php.ini: { unset = "PHP/engine" }`},
		{`postconf -e 'inet_interfaces = all' smtp_use_tls=yes`, "/etc/postfix/main.cf: { set = \"inet_interfaces\", to = \"all\" }\n/etc/postfix/main.cf: { set = \"smtp_use_tls\", to = \"yes\" }"},
		{`git config --global user.name "A B"; git config --global user.email a@b`, "file.\"/root/.gitconfig\" = { content = '''\n[user]\n\tname = A B\n\temail = a@b\n''' }"},
		{`npm config set unsafe-perm true`, `file."/root/.npmrc" = { content = "unsafe-perm=true\n" }`},
		{`pip config set global.index-url https://x/`, `file."/root/.config/pip/pip.conf" = { content = '''
[global]
index-url = https://x/
''' }`},
		{`jq '.a.b = "x" | .c=1' /a.json > /b.json`, "/b.json: { set = \"a/b\", to = \"x\" }\n/b.json: { set = \"c\", to = 1 }\nfile.\"/b.json\" = { from = \"/a.json\" }"},
		{`go-replace --mode=lineinfile --regex -s '^[\s;]*clear_env[\s]*=' -r 'clear_env = no' -- /etc/php-fpm.d/www.conf`, `/etc/php-fpm.d/www.conf: { set = "clear_env", to = "no" }`},
		{`rpl "env node" "env nodejs" /x`, `/x: { replace = "env node", with = "env nodejs", count = "1+" }`},
		{`grep -v '^foo' /a > /b`, "/b: { delete-line = \"^foo\" }\nfile.\"/b\" = { from = \"/a\" }"},
		{`cp /etc/x.conf.sample /etc/x.conf`, `file."/etc/x.conf" = { from = "/etc/x.conf.sample" }`},
		{`patch -p1 < fix.diff`, `patches = ["fix.diff"]`},
		{`patch /usr/x.py fix.diff`, `/usr/x.py: { patch = "fix.diff" }`},
		{`awk '{print}' a > /x`, "/x: ! awk is a program: write what it is to do as operations, or a patch"},

		// What depends on the run.
		{`for f in a b; do sed -i s/x/y/ $f; done`, "${f}: ! it is in a loop: write one edit for each"},
		{`if true; then echo a > /x; fi`, "/x: ! it depends on a condition of the script"},
		{`grep -q x /y || echo x >> /y`, `/y: { line = "x" }`},
		{`make && ls > /dev/null`, ""},
	}
	for _, tt := range tests {
		all, err := Read(tt.script, Options{})
		if err != nil {
			t.Errorf("%s: %v", tt.script, err)
			continue
		}
		if got := said(all); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.script, got, tt.want)
		}
	}
}

// What is said is what recipes read.
func TestOpsAreDecoded(t *testing.T) {
	all, err := Read(`echo 'a b' >> /etc/ssh/sshd_config; sed -i 's/x.y/z/;$ a q' /f`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range all {
		for _, op := range ch.Ops {
			table := map[string]any{string(op.Verb): op.Text}
			if len(op.Path) > 0 {
				table = map[string]any{string(op.Verb): op.Path.String(), "to": op.To[0].Text}
			}
			if op.Verb == edit.Regex {
				table["with"] = op.With
			}
			back, err := edit.Decode(table, diag.Pos{})
			if err != nil {
				t.Errorf("%s: %v", op.TOML(), err)
			} else if back.TOML() != op.TOML() {
				t.Errorf("%s is read as %s", op.TOML(), back.TOML())
			}
		}
	}
}

func TestOn(t *testing.T) {
	const sshd = "#PermitRootLogin prohibit-password\nUsePAM yes\n\nMatch User a\n\tX11Forwarding no\n"
	tests := []struct{ script, want, shell string }{
		{`echo "PermitRootLogin no" >> /etc/ssh/sshd_config`,
			strings.Replace(sshd, "#PermitRootLogin prohibit-password", "PermitRootLogin no", 1), sshd + "PermitRootLogin no\n"},
		{`sed -i 's/PermitRootLogin prohibit-password/PermitRootLogin yes/' /etc/ssh/sshd_config`,
			strings.Replace(sshd, "#PermitRootLogin prohibit-password", "PermitRootLogin yes", 1),
			strings.Replace(sshd, "#PermitRootLogin prohibit-password", "#PermitRootLogin yes", 1)},
		{`augtool -s set /files/etc/ssh/sshd_config/UsePAM no`, strings.Replace(sshd, "UsePAM yes", "UsePAM no", 1), ""},
	}
	for _, tt := range tests {
		all, err := Read(tt.script, Options{})
		if err != nil || len(all) != 1 {
			t.Fatal(tt.script, err, len(all))
		}
		p, err := all[0].On(edit.Input{Name: all[0].File, Bytes: []byte(sshd)})
		if err != nil || p.Err != nil {
			t.Errorf("%s: %v %v", tt.script, err, p.Err)
			continue
		}
		if string(p.Result.Bytes) != tt.want || p.Sed != tt.shell {
			t.Errorf("%s:\nedited %q\nshell  %q", tt.script, p.Result.Bytes, p.Sed)
		}
	}
}

func TestNotes(t *testing.T) {
	tests := []struct{ script, want string }{
		{`echo -e "a" > /x`, "dash"},
		{`sed -ie 's/a/b/' /x`, "leaves a copy FILEe"},
		{`augtool set /files/etc/ssh/sshd_config/UsePAM no`, "saves nothing"},
	}
	for _, tt := range tests {
		all, err := Read(tt.script, Options{})
		if err != nil || len(all) != 1 || !strings.Contains(strings.Join(all[0].Notes, " "), tt.want) {
			t.Errorf("%s: %v %v", tt.script, all, err)
		}
	}
}

// Programs that are no edits are named once; what only asks or prints is not.
func TestOthers(t *testing.T) {
	got, err := Others("apt-get update && apt-get install -y x; sudo a2enmod rewrite || true\nif [ -e /y ]; then sed -i s/a/b/ /y; fi; ${TOOL}/run; echo $(make -s) | tee /z")
	if want := []string{"apt-get", "a2enmod", "make"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	if _, err := Others("echo 'a"); err == nil {
		t.Error("a quote has no end, and nothing is said")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`echo -e "a\n$B" | tee -a /x; sed -i -e 's/a/b/' -e '/c/d' /etc/my.cnf`)
	f.Add("cat <<EOF >> /etc/php.ini\n[a]\nb=c\nEOF\nperl -pi -e 's{a}{b}g' f")
	f.Fuzz(func(t *testing.T, script string) {
		all, err := Read(script, Options{})
		if err != nil {
			return
		}
		for _, ch := range all {
			if ch.Err == nil && len(ch.Ops)+len(ch.Keys) == 0 {
				t.Fatalf("%q: %q becomes nothing, and no reason is given", script, ch.Command)
			}
			for _, k := range ch.Keys {
				_ = k.String()
			}
		}
	})
}
