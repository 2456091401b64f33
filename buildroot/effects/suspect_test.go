package effects

import (
	"slices"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/deb/debtest"
)

// Packages that depend on each other are configured one by one all the same.
func loop(t *testing.T, w *world) {
	one := func(name, other string) debtest.Deb {
		return debtest.Deb{Name: name, Fields: "Depends: " + other + "\n", Members: members{"postinst": sh + "echo " + name + " >>/var/lib/loop\ntrue >/var/lib/" + name + "\n"}}
	}
	e, _, err := w.next(t, Wave{}, one("ping", "pong"), one("pong", "silent"), debtest.Deb{Name: "silent", Fields: "Depends: ping\n"})
	if err != nil {
		t.Fatal(err)
	}
	wantLine(t, e, "/var/lib/ping", "f 644 root:root 0 ping postinst")
	wantLine(t, e, "/var/lib/pong", "f 644 root:root 0 pong postinst")
}

func suspects(t *testing.T, w *world) {
	e, _, err := w.next(t, Wave{}, debtest.Deb{Name: "keys", Members: members{"postinst": sh + `umask 077
echo secret >/etc/new.secret
printf -- '-----BEGIN %s KEY-----\n' PRIVATE >/etc/magic
printf -- '-----BEGIN %s KEY-----\n%048d\n' PRIVATE 0 >/etc/new.pem
chmod 644 /etc/magic /etc/new.pem
hostname >/etc/mailname
chmod 644 /etc/mailname
mkdir -p /etc/ssl/certs /etc/ssl/private
echo x >/etc/ssl/certs/ssl-cert-snakeoil.pem
ln -s ssl-cert-snakeoil.pem /etc/ssl/certs/0123abcd.0
`}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range e.Reports {
		if r.Kind != Dropped {
			got = append(got, string(r.Kind)+" "+r.Path+" "+r.Package)
		}
	}
	want := []string{"host name /etc/mailname keys", "secret /etc/ssl/certs/ssl-cert-snakeoil.pem keys", "suspect /etc/new.pem keys", "suspect /etc/new.secret keys"}
	if !slices.Equal(got, want) {
		t.Errorf("reports %q, want %q", got, want)
	}
	wantLine(t, e, "/etc/ssl/certs/0123abcd.0", "nothing")
}
