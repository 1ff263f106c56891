CREATE TABLE `new
line` (`new
line` INT NOT NULL, `key` INT NOT NULL, `v,new
line` VARCHAR(20), PRIMARY KEY (`new
line`, `key`));
