package main

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/recipe"
)

// TestForwardRefused holds what is said where nobody may listen.
func TestForwardRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	tests := []struct{ host, want string }{
		{l.Addr().String(), fmt.Sprintf("port %s of this machine is in use: name another one, -p [HOST:]OTHER:8080", port)},
		{"192.0.2.1:9000", "192.0.2.1 is no address of this machine: -p 0.0.0.0:9000:8080 is for everybody"},
	}
	for _, tt := range tests {
		f := &forwarder{env: &env{err: &bytes.Buffer{}}, list: []forward{{host: tt.host, port: 8080}}}
		if err := f.listen(); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.host, err, tt.want)
		}
		f.close()
	}
}

// TestUndeclared warns of a port that the image does not declare, if it declares any.
func TestUndeclared(t *testing.T) {
	tests := []struct {
		port     int
		declared []recipe.Port
		warns    bool
	}{
		{8080, []recipe.Port{{Number: 8080}}, false},
		{8081, []recipe.Port{{Number: 8080}, {Number: 8443}}, true},
		{8081, nil, false},
	}
	for _, tt := range tests {
		var said strings.Builder
		f := &forwarder{env: &env{err: &said}, list: []forward{{port: tt.port}}}
		f.undeclared(tt.declared)
		if warns := said.String() == "warning: the image declares no port 8081, but 8080, 8443\n"; warns != tt.warns || !warns && said.Len() > 0 {
			t.Errorf("%d of %v: %q", tt.port, tt.declared, said.String())
		}
	}
}
