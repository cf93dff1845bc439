"""What the product is compared with: each module is a process of its own, told what to do by arguments."""
