package main

import (
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/recipe"
)

func TestPatience(t *testing.T) {
	tests := []struct {
		health recipe.Health
		want   time.Duration
	}{
		{recipe.Health{Interval: 30 * time.Second, Retries: 3}, 90 * time.Second},
		{recipe.Health{Interval: time.Second, Retries: 1, StartPeriod: time.Minute}, 61 * time.Second},
		{recipe.Health{Retries: 2}, time.Minute},
	}
	for _, tt := range tests {
		if got := patience(&tt.health); got != tt.want {
			t.Errorf("%+v: %s, not %s", tt.health, got, tt.want)
		}
	}
}
