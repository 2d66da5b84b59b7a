"""The program `zoo`: one module per command, and what several commands share."""
