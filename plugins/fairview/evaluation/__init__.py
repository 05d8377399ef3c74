"""How well the services do: judged against what came later, and against truth where a test council has one."""
