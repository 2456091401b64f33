package apt_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/apt"
	"github.com/ashlar-build/ashlar/buildroot/apt/apttest"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// TestNearNames holds what is proposed in the place of a name that no package has.
func TestNearNames(t *testing.T) {
	var packages strings.Builder
	for _, name := range strings.Fields("nodejs node-abbrev node-semver nodm postgrey postgresql postgresql-17 default-mysql-client libmysql curl curlew tzdata tzdata-legacy chromium " +
		"python3 pithos apache2 apacheds openssl-tool php8.4-fpm php-fpm php8.4 xz-utils xd bind9-dnsutils ding g++") {
		fmt.Fprintf(&packages, "Package: %s\n\n", name)
	}
	for _, dev := range strings.Fields("libssl-dev:openssl libzip-dev:libzip zlib1g-dev:zlib libpcre2-dev:pcre2 libpcre3-dev:pcre3") {
		name, source, _ := strings.Cut(dev, ":")
		fmt.Fprintf(&packages, "Package: %s\nSource: %s\n\n", name, source)
	}
	for _, needs := range []string{"nodejs", "nodejs", "node-semver", "postgresql", "tzdata", "libpcre2-dev"} {
		fmt.Fprintf(&packages, "Package: z%d\nDepends: %s\n\n", packages.Len(), needs)
	}
	b := newBench(t)
	b.serve(t, apttest.Archive{Suite: "stable", Date: b.now, Packages: packages.String()})
	c := b.client(apt.Options{})
	defer c.Close()
	tests := []struct{ asked, want string }{
		{"node", `did you mean "nodejs" or "node-semver"?`}, // rather than nodm, though one letter is less than two
		{"postgres", `did you mean "postgresql"?`},
		{"tzdat", `did you mean "tzdata"?`},
		{"mysql-client", `did you mean "default-mysql-client"?`},
		{"mysql", `did you mean "default-mysql-client"?`},
		{"chromium-browser", `did you mean "chromium"?`},
		{"python", `did you mean "python3"?`},
		{"apache", `did you mean "apache2"?`},
		{"php8.2-fpm", `did you mean "php8.4-fpm"?`},
		{"php-fpm8.2", `did you mean "php-fpm"?`},
		{"nodejs20", `did you mean "nodejs"?`},
		{"crul", `did you mean "curl"?`},
		{"CURL", `did you mean "curl"?`},
		{"openssl-devel", `did you mean "libssl-dev"?`},
		{"openssl-dev", `did you mean "libssl-dev"?`},
		{"libzip-devel", `did you mean "libzip-dev"?`},
		{"zlib-devel", `did you mean "zlib1g-dev"?`},
		{"pcre-dev", `did you mean "libpcre2-dev"?`},
		{"xz", `did you mean "xz-utils"?`},
		{"dig", `did you mean "bind9-dnsutils"?`},
		{"gcc-c++", `did you mean "g++"?`},
		{"epel-release", "`apt-cache search` or https://packages.debian.org finds names; another archive may have it"},
	}
	for _, tt := range tests {
		_, err := c.Resolve(t.Context(), []lock.Request{wants([]lock.Archive{b.archive(t)}, false, tt.asked)})
		if found := diag.Of(err); len(found) != 1 || found[0].Hint != tt.want {
			t.Errorf("%s: %v; want the hint %s", tt.asked, found, tt.want)
			for _, d := range found {
				t.Log(d.Hint)
			}
		}
	}
}
