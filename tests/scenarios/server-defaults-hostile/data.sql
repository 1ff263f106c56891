INSERT INTO t SELECT i, CONCAT('back\\slash "', i, '" é'), '2025-10-26 00:30:00' FROM seq.n WHERE i < 50 LIMIT 50;
