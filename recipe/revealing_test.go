package recipe

import "testing"

func TestRevealedBy(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"POSTGRES_PASSWORD", "hunter2", "what POSTGRES_PASSWORD is to keep"},
		{"mysqld/password", "x y", "what mysqld/password is to keep"},
		{"API_KEY", "0f3a9c", "what API_KEY is to keep"},
		{"ANY", "-----BEGIN RSA PRIVATE KEY-----", "a private key"},
		{"PasswordAuthentication", "no", ""},
		{"POSTGRES_PASSWORD", "", ""},
		{"DB_PASSWORD", "${DB_PASSWORD}", ""},
		{"password", "/run/secrets/db", ""},
		{"password", "file:/run/secrets/db", ""},
		{"PASSWORD_FILE", "hunter2", ""},
		{"password", "scram-sha-256", ""},
		{"ssl_key", "server.key", ""},
		{"tokens", "Prod", ""},
		{"http/server_tokens", "off", ""},
		{"KEY", "-----BEGIN PUBLIC KEY-----", ""},
	}
	for _, tt := range tests {
		if got := revealedBy(tt.name, tt.value); got != tt.want {
			t.Errorf("%s = %q: %q, want %q", tt.name, tt.value, got, tt.want)
		}
	}
}
