package buildroot

import (
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/recipe"
)

// TestAccountLines: a user's group is in the root before its scripts ask for it.
func TestAccountLines(t *testing.T) {
	id := func(n uint32) recipe.ID { return recipe.ID{Number: n, Given: true} }
	ops := []recipe.Group{{Name: "ops", GID: id(2001), Members: []string{"bob"}}}
	tests := []struct {
		name  string
		user  recipe.User
		group string
	}{
		{"a number for both", recipe.User{Name: "redis", UID: id(999), GID: id(999)}, "ops:x:2001:bob redis:x:999:"},
		{"no number", recipe.User{Name: "app"}, "ops:x:2001:bob app:x:900:"},
		{"a group of the recipe", recipe.User{Name: "app", UID: id(999), GID: id(2001)}, "ops:x:2001:bob"},
		{"a group of Debian", recipe.User{Name: "app", UID: id(999), GID: id(33)}, "ops:x:2001:bob"},
		{"a group of its own with another number", recipe.User{Name: "app", UID: id(999), GID: id(1000)}, "ops:x:2001:bob app:x:1000:"},
		{"a member", recipe.User{Name: "app", UID: id(999), GID: id(999), Groups: []string{"ops"}}, "ops:x:2001:bob,app app:x:999:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, group := accountLines([]recipe.User{tt.user}, ops)
			if got := strings.Join(group, " "); got != tt.group {
				t.Errorf("%q, want %q", got, tt.group)
			}
		})
	}
}
